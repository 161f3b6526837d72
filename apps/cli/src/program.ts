import { Argument, Command, Option } from "commander";
import { refuseEmptyPaths } from "./arguments/refuse-empty.ts";
import { runLineOf } from "./arguments/run-line.ts";
import type { Io } from "./io.ts";

/** What a command writes to its standard output: what it was asked for, or a job's log (or its picture), which that can do without. */
export type Says = "answer" | "log";

/** What `main` gets from a command. */
export type Done = (exitCode: number, says?: Says) => void;

const collect = (pair: string, pairs: readonly string[] = []): readonly string[] => [...pairs, pair];

/** The command line of `millrace`. Commands are loaded when they are called, so that starting one does not pay for the others. */
export function buildProgram(io: Io, version: string, done: Done): Command {
  const program = new Command("millrace")
    .description("Stateful stream processing for TypeScript.")
    .version(version, "-V, --version", "print the version")
    .option("--verbose", "print stacks of errors (also MILLRACE_DEBUG=1)")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
    })
    .showSuggestionAfterError()
    .exitOverride()
    .hook("preAction", (_, command) => refuseEmptyPaths(command))
    .addHelpText("after", exitCodeHelp);
  addRun(program, io, done);
  addPlanning(program, io, done);
  addOperations(program, io, done);
  addSavepoints(program, io, done);
  addRescale(program, io, done);
  addState(program, io, done);
  addKafka(program, io, done);
  program
    .command("completion")
    .description("write a script that completes commands, flags and names of jobs in a shell")
    .addArgument(new Argument("<shell>", "its name").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", example("millrace completion bash >> ~/.bashrc"))
    .action(async (shell: string) => done((await import("./commands/completion.ts")).completionCommand(shell, program, io)));
  for (const command of program.commands.flatMap(withSubcommands))
    command.option("--verbose", "print stacks of errors").showHelpAfterError("(--help explains the command)");
  return program;
}

function addRun(program: Command, io: Io, done: Done): void {
  const run = program
    .command("run")
    .description("run a job until it finishes, fails or is stopped; an unfinished run is resumed")
    .argument("<job>", "module that exports the job as its default, e.g. job.ts");
  runOptions(run)
    .addOption(
      new Option("--mode <mode>", "batch: only final results, when the input has ended, and no checkpoints (default: streaming)").choices([
        "streaming",
        "batch",
      ]),
    )
    .option("--from <snapshot>", "start from this one: chk-12, sp-12, or the path of a savepoint or a checkpoint's manifest")
    .addHelpText(
      "after",
      example(
        "millrace run job.ts --param out=results --parallelism auto",
        "Ctrl-C stops with a last checkpoint, and the same command resumes; a second Ctrl-C ends at once.",
      ),
    )
    .action(async (path: string, flags, self) => done(await (await import("./commands/run.ts")).runCommand(flags, io, runLineOf(path, self)), "log"));
  const restore = program
    .command("restore")
    .description("run a job from a savepoint; what becomes of its state is printed first")
    .argument("<savepoint>", "its directory, sp-12 of this job, or the manifest of a checkpoint")
    .argument("<job>", "module that exports the job as its default, e.g. job.ts");
  runOptions(restore)
    .addHelpText("after", example("millrace restore .millrace/airport-delays/savepoints/sp-12 job.ts --parallelism 3"))
    .action(async (from: string, path: string, flags, self) =>
      done(await (await import("./commands/restore.ts")).restoreCommand(from, flags, io, runLineOf(path, self)), "log"),
    );
}

const restartHelp =
  "what follows a failure: none, fixed-delay:<attempts>:<delay>, exponential-delay:<first>:<longest>, failure-rate:<failures>:<within>:<delay> (default: exponential-delay:1s:1m)";

function runOptions(command: Command): Command {
  return command
    .option("-p, --param <name=value>", "a parameter of the job; may be given several times", collect)
    .option("--state-dir <directory>", "where checkpoints and state are kept (default: .millrace/<job name>)")
    .option("--parallelism <n|auto>", "subtasks of each operator; auto: one a core (default: 1)")
    .option("--max-parallelism <n>", "key groups, and the most subtasks that there may ever be; fixed for the life of the state (default: 720)")
    .option("--threads <n|off>", "worker threads for the subtasks; off: all of them in one (default: one a subtask)")
    .option("--checkpoint-interval <duration>", "time between checkpoints (default: 10s)")
    .option("--checkpoint-timeout <duration>", "a checkpoint that takes longer is given up (default: 10m)")
    .option("--retained <n>", "completed checkpoints that are kept (default: 3)")
    .option("--alignment-timeout <duration|never>", "when a checkpoint stops waiting for slow inputs and takes in what is under way (default: 5s)")
    .option("--fresh", "abandon an unfinished run; its checkpoints are put aside")
    .option("--allow-drop <uid>", "state of this node that has no place in the job may be dropped; may be given several times", collect)
    .option("--overwrite", "replace output of an earlier run")
    .option(
      "--accept-loss <uid>",
      "go on without output of this sink that can't be published any more, and name it; may be given several times",
      collect,
    )
    .option("--memory <size>", "memory for state and caches, e.g. 2g")
    .addOption(new Option("--backend <kind>", "where state lives; disk holds more than fits in memory (default: disk)").choices(["heap", "disk"]))
    .option("--restart <strategy>", restartHelp)
    .option("--batch-size <records>", "records that travel together; changes speed, never results")
    .option("--break-lock", "take over a state directory that another host or container has locked")
    .option("--dev", "encode records between operators, so that a job that would break at parallelism 2 breaks now")
    .option("--supervise", "run in a process of its own, and start that again when it crashes: the run resumes")
    .option("--no-live", "write JSON lines on a terminal too");
}

function addPlanning(program: Command, io: Io, done: Done): void {
  program
    .command("plan")
    .description("draw the plan of a job without running it")
    .argument("<job>", "module that exports the job as its default")
    .option("-p, --param <name=value>", "a parameter of the job; may be given several times", collect)
    .addOption(new Option("--json", "the plan as JSON").conflicts("mermaid"))
    .option("--mermaid", "the plan as a Mermaid flowchart")
    .addHelpText("after", example("millrace plan job.ts --param out=results"))
    .action(async (path: string, flags) => done(await (await import("./commands/plan.ts")).planCommand(path, flags, io)));
  program
    .command("check")
    .description("say whether a job can be run, and what in it should be decided before")
    .argument("<job>", "module that exports the job as its default")
    .option("-p, --param <name=value>", "a parameter of the job; may be given several times", collect)
    .addHelpText("after", example("millrace check job.ts --param out=results"))
    .action(async (path: string, flags) => done(await (await import("./commands/check.ts")).checkCommand(path, flags, io)));
}

function addOperations(program: Command, io: Io, done: Done): void {
  program
    .command("list")
    .description("list the jobs that have state here, running or not")
    .option("--state-root <directory>", "where to look (default: .millrace)")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace list"))
    .action(async (flags) => done(await (await import("./commands/list.ts")).listCommand(flags, io)));
  program
    .command("info")
    .description("tell where a job stands: operators, checkpoints, runs")
    .argument("<job>", "name of the job, or path of its state directory")
    .option("--state-dir <directory>", "the job's state directory")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace info airport-delays"))
    .action(async (name: string, flags) => done(await (await import("./commands/info.ts")).infoCommand(name, flags, io)));
  program
    .command("cancel")
    .description("end a running job for good; its last checkpoint is kept")
    .argument("<job>", "name of the job, or path of its state directory")
    .option("--state-dir <directory>", "the job's state directory")
    .addHelpText("after", example("millrace cancel airport-delays"))
    .action(async (name: string, flags) => done(await (await import("./commands/cancel.ts")).cancelCommand(name, flags, io)));
}

function addSavepoints(program: Command, io: Io, done: Done): void {
  program
    .command("savepoint")
    .description("take a savepoint of a running job, which goes on")
    .argument("<job>", "name of the job, or path of its state directory")
    .option("--state-dir <directory>", "the job's state directory")
    .option("--path <directory>", "where to write it; empty or not there yet (default: savepoints/sp-<id> in the state directory)")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace savepoint airport-delays"))
    .action(async (name: string, flags) => done(await (await import("./commands/savepoint.ts")).savepointCommand(name, flags, io)));
  program
    .command("stop")
    .description("end a running job with a savepoint; the run is over")
    .argument("<job>", "name of the job, or path of its state directory")
    .option("--state-dir <directory>", "the job's state directory")
    .option("--savepoint [directory]", "where to write it (default: savepoints/sp-<id> in the state directory)")
    .option("--drain", "let event time go to its end and everything fire first; for a job that won't go on")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace stop airport-delays --savepoint"))
    .action(async (name: string, flags) => done(await (await import("./commands/savepoint.ts")).stopCommand(name, flags, io)));
}

const targetHelp = "a savepoint's directory, a checkpoint's manifest, or a job's name: its last completed checkpoint";

function targeted(command: Command): Command {
  return command
    .option("--state-dir <directory>", "the job's state directory")
    .option("--at <snapshot>", "another snapshot of the job: chk-12 or sp-12");
}

function addRescale(program: Command, io: Io, done: Done): void {
  program
    .command("rescale")
    .description("let a running job go on with another number of subtasks")
    .argument("<job>", "name of the job, or path of its state directory")
    .requiredOption("--parallelism <n|auto>", "subtasks of each operator; auto: one a core")
    .option("--state-dir <directory>", "the job's state directory")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace rescale airport-delays --parallelism 4"))
    .action(async (name: string, flags) => done(await (await import("./commands/rescale.ts")).rescaleCommand(name, flags, io)));
}

function addState(program: Command, io: Io, done: Done): void {
  targeted(program.command("inspect").description("tell what is in a snapshot, and verify every checksum").argument("<snapshot>", targetHelp))
    .option("--key-groups", "the largest key groups of each operator")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace inspect .millrace/airport-delays/savepoints/sp-12"))
    .action(async (what: string, flags) => done(await (await import("./commands/inspect.ts")).inspectCommand(what, flags, io)));
  targeted(
    program
      .command("diff")
      .description("tell what a restore into a job would do, or how the state in two snapshots differs")
      .argument("<snapshot>", targetHelp)
      .argument("<other>", "the job's module, e.g. job.ts, or another snapshot"),
  )
    .option("-p, --param <name=value>", "a parameter of the job; may be given several times", collect)
    .option("--allow-drop <uid>", "state of this node that has no place in the job may be dropped; may be given several times", collect)
    .option("--max-parallelism <n>", "as a restore would be told (default: that of the snapshot)")
    .option("--json", "as JSON")
    .addHelpText("after", example("millrace diff .millrace/airport-delays/savepoints/sp-12 job.ts"))
    .action(async (from: string, to: string, flags) => done(await (await import("./commands/diff.ts")).diffCommand(from, to, flags, io)));
  const state = program.command("state").description("look at keyed state: of a running job, a checkpoint, a savepoint");
  state.addHelpText("after", example("millrace state get airport-delays alerts streak ATL"));
  targeted(state.command("ls").description("list states, or the keys of one").argument("<snapshot>", targetHelp))
    .argument("[uid]", "of the operator")
    .argument("[state]", "its keys are listed")
    .option("--limit <keys>", "so many keys at most (default: 100)")
    .option("--json", "states as JSON")
    .addHelpText("after", example("millrace state ls airport-delays"))
    .action(async (what: string, uid: string | undefined, name: string | undefined, flags) =>
      done(await (await import("./commands/state.ts")).stateListCommand(what, uid, name, flags, io)),
    );
  targeted(state.command("get").description("print what a key holds").argument("<snapshot>", targetHelp))
    .argument("<uid>", "of the operator")
    .argument("<state>", "its name")
    .argument("<key>", "a text or number as it is, a tuple as a JSON array")
    .addHelpText("after", example("millrace state get airport-delays alerts streak ATL"))
    .action(async (what: string, uid: string, name: string, key: string, flags) =>
      done(await (await import("./commands/state.ts")).stateGetCommand(what, uid, name, key, flags, io)),
    );
  targeted(state.command("export").description("write entries as JSON lines").argument("<snapshot>", targetHelp))
    .argument("[uid]", "of one operator")
    .argument("[state]", "of one state of it")
    .addHelpText("after", example("millrace state export airport-delays > state.jsonl"))
    .action(async (what: string, uid: string | undefined, name: string | undefined, flags) =>
      done(await (await import("./commands/state.ts")).stateExportCommand(what, uid, name, flags, io)),
    );
}

function addKafka(program: Command, io: Io, done: Done): void {
  const load = () => import("./commands/kafka-transactions.ts");
  const kafka = program.command("kafka").description("look after what jobs leave on a Kafka cluster");
  const transactions = kafka.command("txn").description("transactions of the jobs' sinks");
  const list = "millrace kafka txn list --brokers localhost:9092";
  kafka.addHelpText("after", example(list));
  transactions.addHelpText("after", example(list));
  clustered(transactions.command("list").description("list open transactions, oldest first"))
    .option("--prefix <prefix>", "of the transactional ids (default: millrace-)")
    .option("--all", "those that are over, too")
    .addHelpText("after", example(list))
    .action(async (flags) => done(await (await load()).transactionListCommand(flags, io)));
  clustered(transactions.command("describe").description("tell what becomes of one").argument("<id>", "a transactional id"))
    .addHelpText("after", example("millrace kafka txn describe millrace-fraud/alerts-0-1"))
    .action(async (id: string, flags) => done(await (await load()).transactionDescribeCommand(id, flags, io)));
  for (const end of ["commit", "abort"] as const) {
    clustered(
      transactions.command(end).description(`${end} an open one by hand, of a job that is gone for good`).argument("<id>", "a transactional id"),
    )
      .addHelpText(
        "after",
        example(`millrace kafka txn ${end} millrace-fraud/alerts-0-1`, "A job that will be resumed settles its transactions itself."),
      )
      .action(async (id: string, flags) => done(await (await load()).transactionEndCommand(id, end, flags, io)));
  }
}

function clustered(command: Command): Command {
  return command
    .option("--brokers <list>", "host:port, several with commas (default: KAFKA_BOOTSTRAP)")
    .option("--cluster <module>", "module that exports a cluster as its default, for TLS and SASL")
    .option("--json", "as JSON");
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function example(command: string, more?: string): string {
  return `\nExample:\n  $ ${command}\n${more === undefined ? "" : `\n${more}\n`}`;
}

const exitCodeHelp = `
Exit codes:
  0  done           3  job refused        6  output refused
  1  job failed     4  state directory    7  job not running
  2  usage          5  checkpoint         130, 143  stopped by SIGINT, SIGTERM: the next run resumes
                                          141       nothing reads what the job prints: the next run resumes
`;
