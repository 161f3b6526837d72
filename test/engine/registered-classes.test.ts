import { type Collector, collect, collection, defineJob, registerClass, state, t } from "millrace";
import { runJob, verifyJob } from "millrace/testing";
import { describe, expect, it } from "vitest";

class Money {
  readonly cents: number;

  constructor(cents: number) {
    this.cents = cents;
  }

  plus(other: Money): Money {
    return new Money(this.cents + other.cents);
  }
}

registerClass("Money", Money, t.converted("Money", t.integer(), { toData: (money: Money) => money.cents, fromData: (cents) => new Money(cents) }));

interface Purchase {
  readonly who: string;
  readonly price: Money;
}

const purchases: readonly Purchase[] = ["ada", "bob", "ada", "eve", "ada"].map((who, index) => ({ who, price: new Money(100 * index) }));

const job = defineJob("spending", (env) => {
  env
    .from(collection(purchases), { uid: "purchases" })
    .keyBy(({ who }) => who)
    .process(
      {
        state: { spent: state.value(t.any()) },
        processElement({ who, price }, { state: { spent } }, out: Collector<string>) {
          const before = spent.value();
          const sum = before instanceof Money ? before.plus(price) : price;
          spent.update(sum);
          out.collect(`${who} ${sum.cents}`);
        },
      },
      { uid: "spending" },
    )
    .to(collect<string>(), { uid: "out" });
});

describe("instances of registered classes", () => {
  it("travel between tasks and stay in state, through restores and at any parallelism", async () => {
    const { outputs } = await runJob(job, { parallelism: 2 });
    expect([...(outputs.out as string[])].sort()).toEqual(["ada 0", "ada 200", "ada 600", "bob 100", "eve 300"]);
    await verifyJob(job);
  });
});
