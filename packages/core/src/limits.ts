import { assert } from "./assert.ts";

/** Every queue, loop, cache and retry of the engine has its bound here. Sizes in the unit that the name ends with. */
export const limits = {
  /** Records that a source hands over in one poll, and that travel in one batch. */
  batchRecordsMax: 256,
  /** Batches that wait in one in-thread channel before the sender is blocked. */
  channelBatchesMax: 8,
  /** The same of a channel to another thread: there the sender hears of room only after the receiver has been woken. */
  remoteChannelBatchesMax: 16,
  /** Encoded bytes that wait in one channel before the sender is blocked. */
  channelBytesMax: 4 << 20,
  /** A firing or a sliced encoding yields after this long. */
  sliceMs: 0.3,
  /** A worker runs tasks this long before it lets the event loop turn. */
  turnMs: 1,
  /** A worker without work looks for some from other threads this long before it sleeps: being woken takes as long. */
  lookOutMs: 0.05,
  /** After so many looks in vain it sleeps at once, until sleeps turn out short. */
  lookOutMissesMax: 4,
  /** Records of one split between two watermarks. */
  watermarkEveryRecords: 64,
  /** A busy task sends its half-full output batches after so long. */
  lingerMs: 1,
  /** A live source without a record for so long is quiet: its watermark then follows its records at once. */
  quietMs: 200,
  /** At its start a task waits at most so long for each sender to know what it reads. */
  greetingMs: 5_000,
  /** Splits of an unbounded source are idle after this long without a record, unless the strategy says otherwise. */
  idlenessMsDefault: 60_000,
  /** Records that an asynchronous operator has under way, unless it says otherwise. */
  asyncCapacityDefault: 100,
  /** Changes of keyed state up to this may always wait for the next checkpoint; past it sources wait for one, if there is no more memory. */
  changedStateBytesMin: 16 << 20,
  /** Records that are sorted at once, in memory, bytes. */
  sortedBytesMax: 32 << 20,
  /** A run of the local store up to this size stays in memory, bytes; larger ones are written in pieces of it. */
  heldRunBytesMax: 256 << 10,
  /**
   * Entries of one Map; others stand in further ones. V8 gives it 2^24 places at most, and those of removed entries are used again only
   * when they are half of all.
   */
  mapEntriesMax: 1 << 23,
  /** Records of keyed state that one subtask of an operator has in memory: an array that grows past 112.8 million ends the process. */
  recordsInMemoryMax: 100_000_000,
  /** Timers of one subtask of an operator, of one name and time domain: half as many, since removed ones stay in its arrays for a while. */
  timersMax: 50_000_000,
  /** Elements in one page of a list or map state. */
  pageElementsMax: 64,
  /** Events of a job that are kept for its first listener. */
  earlyEventsMax: 1_000,
  /** Lines of a worker's console that the main thread has not heard yet; from then on the worker waits. */
  consoleLinesMax: 256,
  /** The same in UTF-16 units. */
  consoleUnitsMax: 1 << 20,
  /** A worker waits at most so long for the main thread to hear anything of its console. Less than it takes to be held for stuck. */
  consoleWaitMs: 2_000,
  maxParallelismDefault: 720,
  maxParallelismMax: 32_768,
} as const;

assert(limits.maxParallelismDefault <= limits.maxParallelismMax, "limits: default max parallelism");
assert(limits.watermarkEveryRecords <= limits.batchRecordsMax, "limits: a batch must hold a watermark interval");
