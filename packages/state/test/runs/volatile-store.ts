import { VolatileDisk } from "@millrace/testkit";
import { LocalStore, type StoreWork, workHere } from "../../src/index.ts";

/** Where the store is. */
export const directory = "/local/slot-0";

export async function emptyDisk(): Promise<VolatileDisk> {
  const disk = new VolatileDisk();
  await disk.makeDirectory("/local");
  await disk.syncDirectory("/");
  return disk;
}

export function openStore(files: VolatileDisk, work: StoreWork = workHere(files)): Promise<LocalStore> {
  return LocalStore.open(directory, { files, work });
}
