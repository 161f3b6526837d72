/** The events of a stage that every match has. */
export type OneOrMore<E> = readonly [E, ...E[]];

/** Of a stage that a match may lack. */
export type Maybe<Stage> = { readonly [N in keyof Stage]: readonly EventOf<Stage[N]>[] };

/** The same stages with events of another type. */
export type Retyped<Stage, E> = {
  readonly [N in keyof Stage]: Stage[N] extends OneOrMore<unknown> ? OneOrMore<E> : readonly E[];
};

/** The event type of each name, as conditions see it. */
export type EventsByName<Stages> = { readonly [N in keyof Stages]: EventOf<Stages[N]> };

export type EventOf<Events> = Events extends readonly (infer E)[] ? E : never;

/** One object type instead of an intersection, for readable messages. */
export type Flat<T> = { readonly [N in keyof T]: T[N] };

/** The record that a condition lets through: narrowed by a type guard, also one that the compiler infers. */
export type Narrowed<E, P> = P extends TypeGuard<E, infer Guarded> ? Guarded : E;

type TypeGuard<E, Guarded extends E> = (event: E, ...rest: never[]) => event is Guarded;

/** What a pattern matches: for each name its events in order; at least one, unless the stage is optional. */
export type MatchOf<P> = P extends { readonly match?: infer M } ? Exclude<M, undefined> : never;

/** What a partial match has when it times out: any name may be empty. */
export type PartialMatchOf<M> = { readonly [N in keyof M]: readonly EventOf<M[N]>[] };
