/** What a lock needs to know of processes on this machine. */
export interface ProcessFacts {
  readonly pid: number;
  /** Name of this machine. */
  readonly host: string;
  /**
   * Where numbers of processes count: containers may share a name and a volume, and each counts its own. Equal for processes
   * that can see each other. undefined: the system has no such thing, or does not say.
   */
  readonly namespace: string | undefined;
  /**
   * When the process started, as text that only has to be equal for the same process: numbers of processes are used
   * again. undefined: there is no such process, or the system does not say.
   */
  startTime(pid: number): string | undefined;
  alive(pid: number): boolean;
}
