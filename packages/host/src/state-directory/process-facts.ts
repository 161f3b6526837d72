/** What a lock needs to know of processes on this machine. */
export interface ProcessFacts {
  readonly pid: number;
  /** Name of this machine. */
  readonly host: string;
  /**
   * When the process started, as text that only has to be equal for the same process: numbers of processes are used
   * again. undefined: there is no such process, or the system does not say.
   */
  startTime(pid: number): string | undefined;
  alive(pid: number): boolean;
}
