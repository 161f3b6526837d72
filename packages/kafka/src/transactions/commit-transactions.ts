import type { CommitResult, SinkCommitter } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";
import type { KafkaClient } from "../client/kafka-client.ts";
import { errorText } from "../protocol/error-codes.ts";
import { partitionId } from "../source/split.ts";
import { abortLeftovers } from "./abort-leftovers.ts";
import type { KafkaCommittable, TransactionCommittable } from "./committable.ts";
import { decideCommit } from "./decide-commit.ts";
import { readMarker } from "./markers.ts";
import { endTransaction } from "./transaction-calls.ts";
import { writeAhead } from "./write-ahead.ts";

/** before: it was committed before, as far as that can be told. lost: records of it, or all of them. */
export type CommitOutcome = { readonly kind: "committed" } | { readonly kind: "before" } | { readonly kind: "lost"; readonly where: string };

/** Where attempts of a version before this one may have left transactions open. */
export interface FormerAttempts {
  readonly prefix: string;
  readonly timeoutMs: (client: KafkaClient) => Promise<number>;
}

/**
 * Commits what writers have prepared, each writer's in its order, because a later marker stands for the earlier ones, too.
 * Never goes on over a loss: it throws KAFKA_TRANSACTION_LOST, or says which records a topic does not take, unless losses
 * are accepted: then it says what is lost.
 */
export class TransactionCommitter implements SinkCommitter {
  readonly #client: KafkaClient;
  readonly #acceptLoss: boolean;
  readonly #former: FormerAttempts | undefined;

  /** `former`: the run goes on from a checkpoint, under the default prefix. */
  constructor(client: KafkaClient, acceptLoss: boolean, former: FormerAttempts | undefined) {
    this.#client = client;
    this.#acceptLoss = acceptLoss;
    this.#former = former;
  }

  /** What the writers of today left open they abort themselves. */
  async recover(states: readonly Json[]): Promise<void> {
    if (this.#former === undefined || states.length > 0) return;
    const { prefix, timeoutMs } = this.#former;
    await abortLeftovers(this.#client, prefix, await timeoutMs(this.#client), () => true);
  }

  async commit(committables: readonly Json[]): Promise<CommitResult> {
    const byWriter = Map.groupBy(committables as unknown as readonly KafkaCommittable[], ({ writer }) => writer);
    const outcomes = (await Promise.all([...byWriter.values()].map((list) => this.#commitInOrder(list)))).flat();
    const lost = outcomes.flatMap((outcome) => (outcome.kind === "lost" ? [outcome.where] : []));
    const committed = outcomes.filter(({ kind }) => kind === "committed").length;
    return { committed, alreadyCommitted: outcomes.length - committed - lost.length, lost };
  }

  async #commitInOrder(committables: readonly KafkaCommittable[]): Promise<readonly CommitOutcome[]> {
    const outcomes: CommitOutcome[] = [];
    for (const committable of committables) outcomes.push(await this.#commitOne(committable));
    return outcomes;
  }

  async #commitOne(committable: KafkaCommittable): Promise<CommitOutcome> {
    if (committable.kind === "transaction") return this.#commitTransaction(committable);
    return writeAhead(this.#client, committable, this.#acceptLoss);
  }

  async #commitTransaction(committable: TransactionCommittable): Promise<CommitOutcome> {
    const { transactionalId, epoch, endTxnVersion, markerTopic, writer, checkpointId } = committable;
    const producerId = BigInt(committable.producerId);
    const code = await endTransaction(this.#client, endTxnVersion, { transactionalId, producerId, epoch, commit: true });
    let decision = decideCommit(code, "unknown");
    if (decision.kind === "lookAtMarker") {
      const marker = await readMarker(this.#client, markerTopic, writer);
      decision = decideCommit(code, marker !== undefined && marker.checkpointId >= checkpointId ? "visible" : "invisible");
      if (decision.kind === "committed") return { kind: "before" };
    }
    switch (decision.kind) {
      case "committed":
        return decision;
      case "lost":
        if (!this.#acceptLoss) throw lost(committable, code);
        return { kind: "lost", where: `transaction ${transactionalId} of checkpoint ${checkpointId}: ${whereOf(committable)}` };
      case "refused":
      case "lookAtMarker":
        throw new MillraceError("KAFKA_COMMIT", `transaction ${transactionalId} can't be committed: ${errorText(code)}`, {
          hint: "the records are kept by the broker until the transaction times out; it is tried again after a restart",
        });
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Where its records are in the log; read_committed readers don't see them. */
function whereOf({ offsets }: TransactionCommittable): string {
  return offsets.map(({ topic, partition, first, last }) => `${partitionId(topic, partition)}@${first}..${last}`).join(", ");
}

function lost(committable: TransactionCommittable, code: number): MillraceError {
  const { transactionalId, checkpointId } = committable;
  const where = whereOf(committable);
  return new MillraceError(
    "KAFKA_TRANSACTION_LOST",
    `the broker aborted transaction ${transactionalId} of checkpoint ${checkpointId} before it was committed (${errorText(code)}): its records will never be visible: ${where}`,
    {
      hint: `the job was down for longer than the transaction timeout; --accept-loss with the sink's uid goes on without these records, an earlier savepoint writes them again (and others twice), transactions: "writeAhead" avoids this`,
      where: { position: where },
    },
  );
}
