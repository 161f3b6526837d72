import type { KeyedContext, Namespace, NamespaceCodec, TimerService, TimerTarget } from "@millrace/contracts";

/** Told before and after each timer that fires. */
export interface TimerObserver {
  timerFires(domain: "et" | "pt", time: number): void;
  timerDone(): void;
}

export interface ObservedKeyed {
  readonly context: KeyedContext;
  /** Registered timers over all services. */
  timerCounts(): { readonly event: number; readonly processing: number };
}

/** A keyed context that does what `keyed` does, and tells an observer of each timer that fires. */
export function observeKeyed(keyed: KeyedContext, observer: TimerObserver | undefined): ObservedKeyed {
  const services: TimerService<never>[] = [];
  const context: KeyedContext = {
    setCurrentKey: (key) => keyed.setCurrentKey(key),
    currentKey: () => keyed.currentKey(),
    states: (declarations) => keyed.states(declarations),
    namespaced: (name, declaration, codec) => keyed.namespaced(name, declaration, codec),
    cells: (name, codec, namespaceCodec) => keyed.cells(name, codec, namespaceCodec),
    forEachKey: (name, visit) => keyed.forEachKey(name, visit),
    isEmpty: () => keyed.isEmpty(),
    timers<N extends Namespace>(name: string, codec: NamespaceCodec<N>, target: TimerTarget<N>): TimerService<N> {
      const service = keyed.timers(name, codec, observer === undefined ? target : observeTarget(target, observer));
      services.push(service);
      return service;
    },
  };
  return {
    context,
    timerCounts: () => ({
      event: services.reduce((sum, service) => sum + service.eventTimers, 0),
      processing: services.reduce((sum, service) => sum + service.processingTimers, 0),
    }),
  };
}

function observeTarget<N extends Namespace>(target: TimerTarget<N>, observer: TimerObserver): TimerTarget<N> {
  return {
    onEventTime(time, namespace) {
      observer.timerFires("et", time);
      target.onEventTime(time, namespace);
      observer.timerDone();
    },
    onProcessingTime(time, namespace) {
      observer.timerFires("pt", time);
      target.onProcessingTime(time, namespace);
      observer.timerDone();
    },
  };
}
