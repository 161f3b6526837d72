import { MillraceError } from "@millrace/core";
import type { Codec } from "../contract.ts";

/** A class whose instances records and state may hold. */
export interface RegisteredClass {
  readonly name: string;
  readonly codec: Codec<unknown>;
}

type Constructor<T> = abstract new (...parameters: never[]) => T;

const byPrototype = new Map<object, RegisteredClass>();
const byName = new Map<string, RegisteredClass>();

/**
 * Makes instances of a class values of `t.any()` and of edges. Do it where the class is defined, so that every thread
 * does. `name` is written with every instance. Registering a name again with a codec of the same type replaces the class,
 * as when a job module is loaded twice; with another type it throws CODEC_CLASS. Subclasses register themselves.
 */
export function registerClass<T extends object>(name: string, made: Constructor<T>, codec: Codec<T>): void {
  const known = byName.get(name);
  if (known !== undefined && known.codec.fingerprint !== codec.fingerprint) {
    throw new MillraceError("CODEC_CLASS", `the class name ${JSON.stringify(name)} is registered with a codec of another type`, {
      hint: "give each class a name of its own",
    });
  }
  const registered: RegisteredClass = { name, codec };
  byName.set(name, registered);
  byPrototype.set(made.prototype as object, registered);
}

export function classOf(value: object): RegisteredClass | undefined {
  return byPrototype.get(Object.getPrototypeOf(value) as object);
}

/** Throws CODEC_CLASS for a name that nobody registered in this thread. */
export function classNamed(name: string): RegisteredClass {
  const registered = byName.get(name);
  if (registered === undefined) {
    throw new MillraceError("CODEC_CLASS", `encoded data holds an instance of the class ${JSON.stringify(name)}, which is not registered here`, {
      hint: `call registerClass(${JSON.stringify(name)}, …) in the module that defines the class, and import it in the job`,
    });
  }
  return registered;
}
