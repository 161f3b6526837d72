export { storeThread } from "./store-thread.ts";
