import { MillraceError } from "@millrace/core";
import type { Command, Option } from "commander";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";

/** Writes a script that completes the command line in a shell, made from the commands as they are. */
export function completionCommand(shell: string, program: Command, io: Io): number {
  const write = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
  if (write === undefined) {
    throw new MillraceError("COMMAND_ARGUMENT", `there is no completion for ${JSON.stringify(shell)}`, { hint: "it is bash, zsh or fish" });
  }
  io.stdout.write(write(wordsOf(program)));
  return exitCodes.ok;
}

/** A command by the words that lead to it, e.g. `state get`. */
interface CommandWords {
  readonly path: string;
  readonly description: string;
  /** Names of commands below it. */
  readonly below: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly {
    readonly name: string;
    readonly description: string;
    readonly choices: readonly string[];
    readonly takesValue: boolean;
  }[];
  /** What its first argument is: a job's module, a job's name, or a file of any kind. */
  readonly argument: "module" | "name" | "path" | "none";
}

function wordsOf(command: Command, path = ""): readonly CommandWords[] {
  const below = command.commands.map((each) => ({ name: each.name(), description: each.description() }));
  const own: CommandWords = {
    path,
    description: command.description(),
    below,
    options: command.options.map(optionWords),
    argument: argumentOf(command),
  };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`.trim()))];
}

function optionWords({ long, description, argChoices, required, optional }: Option): CommandWords["options"][number] {
  return { name: long ?? "", description, choices: argChoices ?? [], takesValue: required || optional };
}

function argumentOf(command: Command): CommandWords["argument"] {
  const [first] = command.registeredArguments;
  if (first === undefined) return "none";
  if (first.description.startsWith("module")) return "module";
  return first.description.startsWith("name of the job") ? "name" : "path";
}

const shells: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = { bash, zsh, fish };

/** Names of jobs: the state directories under .millrace. */
const jobNames = "ls .millrace 2>/dev/null";

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, below, options, argument }) => {
    const words = [...below.map(({ name }) => name), ...options.map(({ name }) => name)].join(" ");
    const jobs = argument === "name" ? "yes" : "no";
    const files = argument === "module" || argument === "path" ? "yes" : "no";
    return `    "${path}") words="${words}"; jobs=${jobs}; files=${files} ;;`;
  });
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ name, choices }) => `    "${path} ${name}") COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); return ;;`),
  );
  return `# bash completion of millrace: eval "$(millrace completion bash)"
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words jobs files
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${commands
  .filter(({ path }) => path !== "")
  .map(({ path }) => `      "${path.includes(" ") ? path : ` ${path}`}") path="${path}" ;;`)
  .join("\n")}
    esac
  done
  case "$path $previous" in
${values.join("\n")}
  esac
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # Not as a list of words, in which the shell would carry out what stands in $( ).
  if [ "$jobs" = yes ]; then
    while IFS= read -r word; do
      case "$word" in "$current"*) COMPREPLY+=("$word") ;; esac
    done < <(${jobNames})
  fi
  if [ "$files" = yes ] && [ "\${current#-}" = "$current" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _millrace millrace
`;
}

function zsh(commands: readonly CommandWords[]): string {
  const text = (value: string): string => value.replaceAll(/[\\[\]:']/g, (character) => (character === "'" ? "'\\''" : `\\${character}`));
  const spec = ({ name, description, choices, takesValue }: CommandWords["options"][number]): string =>
    `'${name}[${text(description)}]${takesValue ? `:value:${choices.length > 0 ? `(${choices.join(" ")})` : "_files"}` : ""}'`;
  const functions = commands.map(({ path, below, options, argument }) => {
    const name = `_millrace${path === "" ? "" : `_${path.replaceAll(" ", "_")}`}`;
    const specs = options.map(spec);
    if (below.length > 0) {
      const list = below.map((each) => `'${each.name}:${text(each.description)}'`).join(" ");
      const calls = below.map((each) => `      ${each.name}) ${name}_${each.name} ;;`).join("\n");
      return `${name}() {
  local -a commands=(${list})
  _arguments -C ${specs.join(" ")} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $words[1] in
${calls}
    esac ;;
  esac
}`;
    }
    const jobs = argument === "name" ? [`'1:job:($(${jobNames}))'`] : argument === "none" ? [] : ["'*:file:_files'"];
    return `${name}() { _arguments ${[...specs, ...jobs].join(" ")} }`;
  });
  return `#compdef millrace
# zsh completion of millrace: eval "$(millrace completion zsh)"
${functions.join("\n")}
compdef _millrace millrace
`;
}

function fish(commands: readonly CommandWords[]): string {
  const text = (value: string): string => `'${value.replaceAll(/['\\]/g, (character) => `\\${character}`)}'`;
  const lines = commands.flatMap(({ path, below, options, argument }) => {
    const seen =
      path === ""
        ? "__fish_use_subcommand"
        : path
            .split(" ")
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    const names = below.map(({ name }) => name).join(" ");
    const here = path !== "" && below.length > 0 ? `${seen}; and not __fish_seen_subcommand_from ${names}` : seen;
    return [
      ...below.map(({ name, description }) => `complete -c millrace -f -n ${text(here)} -a ${name} -d ${text(description)}`),
      ...options.map(
        ({ name, description, choices, takesValue }) =>
          `complete -c millrace -n ${text(seen)} -l ${name.slice(2)}${takesValue ? " -r" : ""}${choices.length > 0 ? ` -f -a ${text(choices.join(" "))}` : ""} -d ${text(description)}`,
      ),
      ...(argument === "name" ? [`complete -c millrace -f -n ${text(seen)} -a ${text(`(${jobNames})`)}`] : []),
    ];
  });
  return `# fish completion of millrace: millrace completion fish | source
${lines.join("\n")}
`;
}
