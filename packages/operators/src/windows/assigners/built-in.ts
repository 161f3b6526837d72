import type { WindowAssigner, WindowShape } from "./assigner.ts";

const shapes = new WeakMap<WindowAssigner<never>["assign"], WindowShape>();

/** Notes that this assigner is one of ours: it assigns what its shape says. */
export function builtIn<A extends WindowAssigner<never>>(assigner: A): Readonly<A> {
  shapes.set(assigner.assign, assigner.shape);
  return Object.freeze(assigner);
}

/**
 * Whether its windows follow from its shape, so that nobody has to ask for them. A job may make an assigner out of one of ours, with
 * another trigger or a description of its own; where it assigns by itself, it is asked.
 */
export function assignsByShape({ assign, shape }: WindowAssigner<never>): boolean {
  return shapes.get(assign) === shape;
}
