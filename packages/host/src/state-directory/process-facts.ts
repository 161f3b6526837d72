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
  /** Of the running kernel: equal for all containers of a machine until it starts anew. undefined: the system does not say. */
  readonly boot: string | undefined;
  /** undefined: the system has no sockets that could tell. */
  readonly liveness: Liveness | undefined;
  /**
   * When the process started, as text that only has to be equal for the same process: numbers of processes are used
   * again. undefined: there is no such process, or the system does not say.
   */
  startTime(pid: number): string | undefined;
  alive(pid: number): boolean;
}

/** How a process shows that it lives to others of its kernel that can't see it: by a socket in a directory that they share. */
export interface Liveness {
  /** Listens in `directory` until it is closed or the process has ended; the file stays. undefined: there can be no socket there. */
  listen(directory: string, name: string): Promise<{ close(): void } | undefined>;
  /** Whether a process of this kernel listens there. undefined: that can't be told. */
  listens(directory: string, name: string): Promise<boolean | undefined>;
}
