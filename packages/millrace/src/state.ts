/** Snapshots from the outside: read them, compare them, write and change savepoints. */
export * from "@millrace/host/state-library";
