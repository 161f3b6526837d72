import type { HarmlessLines } from "./harmless-lines.ts";

/** What a task does. */
export const tasks: HarmlessLines = {
  "background-bases.ts": [
    [
      'if (error instanceof MillraceError && error.code === "CHECKPOINT_EXISTS") return chain.files;',
      'if (error instanceof MillraceError || error.code === "CHECKPOINT_EXISTS") return chain.files;',
      "a base that could not be moved is made anew",
    ],
    [
      "const newest = chain.files.findLast((each) => idOf(each) <= checkpointId);",
      "const newest = chain.files.findLast((each) => idOf(each) < checkpointId);",
      "what a base holds is written over it again",
    ],
    [
      "if (first !== undefined && this.#damaged.get(node) === first.name) return true;",
      "if (first !== undefined && this.#damaged.get(node) !== first.name) return true;",
      "checkpoints hold everything",
    ],
    [
      "return [await base.adopted, ...chain.files.filter((each) => idOf(each) > newestId)];",
      "return [await base.adopted, ...chain.files.filter((each) => idOf(each) >= newestId)];",
      "what a base holds is written over it again",
    ],
    [
      "if (first !== undefined && this.#damaged.get(node) === first.name) return true;",
      "if (first !== undefined || this.#damaged.get(node) === first.name) return true;",
      "checkpoints hold everything",
    ],
    [
      "if (first !== undefined && isCorrupt(error)) this.#damaged.set(node, first.name);",
      "if (first !== undefined || isCorrupt(error)) this.#damaged.set(node, first.name);",
      "the next checkpoint holds everything",
    ],
    [
      "if (adopted !== undefined && chain.files[0]?.name === adopted) this.#finished.delete(node);",
      "if (adopted !== undefined || chain.files[0]?.name === adopted) this.#finished.delete(node);",
      "a base that a checkpoint was given up with is made anew",
    ],
    [
      "if (this.#underWay.has(node) || this.#finished.has(node) || this.#damaged.get(node) === chain.files[0]?.name) return;",
      "if (this.#underWay.has(node) && this.#finished.has(node) || this.#damaged.get(node) === chain.files[0]?.name) return;",
      "a base may be made twice",
    ],
    ["this.#underWay.add(node);", ";", "a base may be made twice"],
    ["this.#wake();", ";", "a failure is told with the next checkpoint"],
    [
      "return backend?.mostlyChanged === true && !this.#underWay.has(node) && !this.#finished.has(node);",
      "return backend?.mostlyChanged !== true && !this.#underWay.has(node) && !this.#finished.has(node);",
      "checkpoints hold everything at other times",
    ],
    [
      "return backend?.mostlyChanged === true && !this.#underWay.has(node) && !this.#finished.has(node);",
      "return backend?.mostlyChanged === true || !this.#underWay.has(node) && !this.#finished.has(node);",
      "checkpoints hold everything at other times",
    ],
    ["this.#closed = true;", "this.#closed = false;", "a base that is made behind the end is not used"],
  ],
  "clock-timers.ts": [
    ["this.#parts.control.interrupt = true;", "this.#parts.control.interrupt = false;", "a timer that is due waits for the end of the batch"],
    [
      "for (const host of hosts) if (!host.inputEnded && host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
      "for (const host of hosts) if (!host.inputEnded || host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
      "a task is woken in vain",
    ],
    ["if (time >= this.#wakeTime) return;", "if (time > this.#wakeTime) return;", "a timer is set anew for the same time"],
    [
      "for (const host of hosts) if (!host.inputEnded && host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
      "for (const host of hosts) if (!host.inputEnded && host.wakeTime >= now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
      "a task is woken in vain",
    ],
    ["due = false;", "due = true;", "a task looks once for timers that are due"],
    ["if (time <= over) {", "if (time < over) {", "a timer for now"],
  ],
  "gate.ts": [
    ["this.#begun = true;", "this.#begun = false;", "a gate that has begun looks again whether it may"],
    ["this.#alignment.close();", ";", "a timer of some milliseconds is left"],
    ["for (let tried = 0; tried < count; tried++) {", "for (let tried = 0; tried <= count; tried++) {", "a channel is asked twice"],
    ["if (this.#batchPosition < to) {", "if (this.#batchPosition <= to) {", "the chain is given nothing"],
    [
      "if (restored.length > 0) this.#replay = new Replay(restored, target, options.reached);",
      "if (restored.length >= 0) this.#replay = new Replay(restored, target, options.reached);",
      "where nothing was under way nothing comes again",
    ],
  ],
  "operator-host.ts": [
    ["firing = false;", "firing = true;", "operators are told of the least watermark"],
    ["if (time < this.wakeTime) this.wakeTime = time;", "if (time <= this.wakeTime) this.wakeTime = time;", "the same time is noted again"],
    ["sides.set(name, emit);", ";", "the way to a side output is looked up again"],
  ],
  "replay.ts": [
    ["#idle = false;", "#idle = true;", "those behind are told again that time goes on"],
    [
      "if (least !== undefined && time >= leastTime) continue;",
      "if (least !== undefined && time > leastTime) continue;",
      "channels that stand at one time go in another order",
    ],
    [
      "if (watermark === WATERMARK_MAX || watermark <= this.#watermark) return;",
      "if (watermark === WATERMARK_MAX || watermark < this.#watermark) return;",
      "a watermark is told twice",
    ],
  ],
  "sink-port.ts": [
    ["this.#blocked = true;", "this.#blocked = false;", "a writer is asked again whether it is ready"],
    [
      "this.#uncommitted = this.#uncommitted.filter((part) => part.checkpointId > checkpointId);",
      "this.#uncommitted = this.#uncommitted.filter((part) => part.checkpointId >= checkpointId);",
      "what is published is published once more, which changes nothing",
    ],
  ],
  "source-input.ts": [
    ["#quiet = false;", "#quiet = true;", "splits are looked at in the first step"],
    ["this.#moved = false;", "this.#moved = true;", "a step reads less"],
    [
      "if (this.#splits.seen(split, value, time)) this.#moved = true;",
      "if (this.#splits.seen(split, value, time)) this.#moved = false;",
      "a watermark comes some records later",
    ],
    ["this.#options.alignment?.close();", ";", "a timer of some milliseconds is left"],
    [
      "this.#watchesQuiet = live || idlenessMs > 0;",
      "this.#watchesQuiet = live || idlenessMs >= 0;",
      "a source that ends is looked at in quiet moments, too",
    ],
    ["#untold = false;", "#untold = true;", "begin says it"],
    ["#heldBack = false;", "#heldBack = true;", "a clock goes on that was not held"],
    ["this.#cancelQuiet?.();", ";", "a timer of some milliseconds is left"],
    ["this.#greeted = true;", "this.#greeted = false;", "an edge takes one greeting only"],
    ["#moved = false;", "#moved = true;", "each step begins with that"],
    ["this.#untold = this.#watermark > WATERMARK_MIN;", "this.#untold = this.#watermark >= WATERMARK_MIN;", "a watermark that says nothing"],
    [
      "if (snapshots.length > 0) this.#options.reader.addSplits(snapshots.map((snapshot) => snapshot.split));",
      "if (snapshots.length >= 0) this.#options.reader.addSplits(snapshots.map((snapshot) => snapshot.split));",
      "a reader is given no splits",
    ],
    ["this.#untold = false;", "this.#untold = true;", "a watermark is told again"],
    [
      "if (left <= 0 || alignment !== undefined || !settle()) return progress;",
      "if (left < 0 || alignment !== undefined || !settle()) return progress;",
      "a poll that may read nothing",
    ],
  ],
  "split-times.ts": [
    [
      "return splitId === this.#lastId && this.#last !== undefined ? this.#last : this.#find(splitId);",
      "return splitId === this.#lastId && this.#last === undefined ? this.#last : this.#find(splitId);",
      "a split is looked up each time",
    ],
    [
      "const quiet = split.records === split.recordsAtLook && split.watermarks === split.watermarksAtLook;",
      "const quiet = split.records === split.recordsAtLook || split.watermarks === split.watermarksAtLook;",
      "a watermark comes early",
    ],
    [
      "if (++split.records < this.#everyRecords) return false;",
      "if (++split.records <= this.#everyRecords) return false;",
      "a watermark comes a record later",
    ],
    ["if (this.#last === split) this.#last = undefined;", "if (this.#last !== split) this.#last = undefined;", "a split is looked up again"],
    ["if (now - this.#emptySince <= idlenessMs) return;", "if (now - this.#emptySince < idlenessMs) return;", "is idle a moment earlier"],
  ],
  "stream-task.ts": [
    ["this.#mailCame = false;", "this.#mailCame = true;", "an empty mailbox is looked into"],
    [
      "return this.#mailCame && hosts.some((host) => host.mail.length > 0 && flow.opens(host));",
      "return this.#mailCame && hosts.some((host) => host.mail.length >= 0 && flow.opens(host));",
      "an empty mailbox is looked into",
    ],
    [
      "if (!flow.idle && !this.#drainFlow()) return false;",
      "if (!flow.idle || !this.#drainFlow()) return false;",
      "a step ends where event time moves",
    ],
    ["errors.push(error);", ";", "what closing comes upon is told nobody"],
    [
      "return this.#parts.control.interrupt || this.times.sliceOver(limits.sliceMs);",
      "return this.#parts.control.interrupt && this.times.sliceOver(limits.sliceMs);",
      "a firing gives way only when its slice is over and something waits",
    ],
    [
      "return this.#mailCame && hosts.some((host) => host.mail.length > 0 && flow.opens(host));",
      "return this.#mailCame || hosts.some((host) => host.mail.length > 0 && flow.opens(host));",
      "a task looks once more at what operators have posted",
    ],
    ["#mailCame = false;", "#mailCame = true;", "a new task looks once at what operators have posted, which is nothing"],
    ["this.#room.close();", ";", "a look that finds nothing to do"],
    [
      "if (now - this.#flushedAt < limits.lingerMs) return;",
      "if (now - this.#flushedAt <= limits.lingerMs) return;",
      "batches travel a moment later",
    ],
    ["this.#cleanup.run();", ";", "expired state is left out when it is read"],
    ["this.#room.tell();", ";", "how much memory is used"],
    ["this.#parts.code.settleMetrics();", ";", "what the status shows"],
  ],
  "task-checkpoint.ts": [
    [
      "if (part === undefined || channels === undefined || channels.length === 0) return undefined;",
      "if (part === undefined && channels === undefined || channels.length === 0) return undefined;",
      "of a checkpoint that was given up",
    ],
  ],
  "task-checkpoints.ts": [
    ["active.pause();", ";", "a source may be idle a little earlier"],
    [
      "if (checkpointId > this.#abortedUpTo) listener.declined(checkpointId, error);",
      "if (checkpointId >= this.#abortedUpTo) listener.declined(checkpointId, error);",
      "the coordinator passes over what it gave up",
    ],
    [
      "if (chain !== undefined) this.#bases.completed(host, chain);",
      "if (chain === undefined) this.#bases.completed(host, chain);",
      "no bases are made between checkpoints, so checkpoints make them",
    ],
    ["this.#bases.close();", ";", "a base that is made behind the end is not used"],
  ],
  "watermark-flow.ts": [
    [
      "return this.#own.length === 0 && this.#accepted.length === 0 && this.#stack.length > 0 && this.#nextIndex() === -1;",
      "return this.#own.length === 0 && this.#accepted.length === 0 && this.#stack.length >= 0 && this.#nextIndex() === -1;",
      "an empty stack is not asked about",
    ],
    ["#ended = false;", "#ended = true;", "what has read all has said so"],
    [
      'const isNews = watermark > host.watermark || event.kind === "end" || host.operator.ownsWatermarks === true;',
      'const isNews = watermark >= host.watermark || event.kind === "end" || host.operator.ownsWatermarks === true;',
      "an operator is told again of the same watermark",
    ],
    [
      "return this.#holding.size > 0 && this.#blocks(this.#pointOf(host));",
      "return this.#holding.size >= 0 && this.#blocks(this.#pointOf(host));",
      "where nobody holds nobody blocks either",
    ],
    [
      "const waits = stack.length > 1 && stack.some((other, at) => point.behind.has(other.point) || (point === other.point && at > index));",
      "const waits = stack.length >= 1 && stack.some((other, at) => point.behind.has(other.point) || (point === other.point && at > index));",
      "an item does not wait for itself",
    ],
    ["if (this.#own.length > 0) this.#takeOwn();", "if (this.#own.length >= 0) this.#takeOwn();", "a firing does not give way"],
    [
      "if (!firing || watermark === WATERMARK_MAX) return;",
      "if (!firing && watermark === WATERMARK_MAX) return;",
      "watermarks of before a restore are told again",
    ],
    [
      "return events.length <= 1 ? events.pop() : events.shift();",
      "return events.length < 1 ? events.pop() : events.shift();",
      "the first of one is the last",
    ],
  ],
  "barrier-alignment.ts": [
    [
      "if (this.#recorder !== undefined && this.#recorder.checkpointId <= checkpointId) this.#stopRecording();",
      "if (this.#recorder !== undefined && this.#recorder.checkpointId < checkpointId) this.#stopRecording();",
      "what comes of it is passed over",
    ],
    ["this.#recorder?.giveUp();", ";", "what waits for it was given up"],
    ["#patienceOver = false;", "#patienceOver = true;", "the first checkpoint overtakes without waiting"],
  ],
  "in-flight.ts": [["this.#resolve(undefined);", ";", "what waits for it was given up"]],
  "source-alignment.ts": [
    [
      "if (!this.#heard && this.#allowed === WATERMARK_MAX) this.#allowed = watermark + this.#options.alignment.maxDriftMs;",
      "if (!this.#heard || this.#allowed === WATERMARK_MAX) this.#allowed = watermark + this.#options.alignment.maxDriftMs;",
      "a source goes further ahead until it hears of the others",
    ],
    ["this.#cancel?.();", ";", "a timer of some milliseconds is left"],
    ["return watermark > this.#allowed;", "return watermark >= this.#allowed;", "a source waits at the very bound"],
  ],
};
