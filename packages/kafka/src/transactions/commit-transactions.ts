import type { CommitResult, SinkCommitter } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";
import type { KafkaClient } from "../client/kafka-client.ts";
import { errorText } from "../protocol/error-codes.ts";
import { partitionId } from "../source/split.ts";
import type { KafkaCommittable, TransactionCommittable } from "./committable.ts";
import { decideCommit } from "./decide-commit.ts";
import { readMarker } from "./markers.ts";
import { endTransaction } from "./transaction-calls.ts";
import { writeAhead } from "./write-ahead.ts";

/** A prepared transaction that the broker aborted before it was committed. */
export interface LostTransaction {
  readonly transactionalId: string;
  readonly checkpointId: number;
  /** Where its records are in the log; read_committed readers don't see them. */
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly first: number; readonly last: number }[];
}

/**
 * Commits what writers have prepared, each writer's in its order, because a later marker stands for the earlier ones, too.
 * Never goes on over a loss: it throws KAFKA_TRANSACTION_LOST, unless `acceptLoss` takes it.
 */
export class TransactionCommitter implements SinkCommitter {
  readonly #client: KafkaClient;
  readonly #acceptLoss: ((loss: LostTransaction) => void) | undefined;

  constructor(client: KafkaClient, acceptLoss: ((loss: LostTransaction) => void) | undefined) {
    this.#client = client;
    this.#acceptLoss = acceptLoss;
  }

  async commit(committables: readonly Json[]): Promise<CommitResult> {
    const byWriter = Map.groupBy(committables as unknown as readonly KafkaCommittable[], ({ writer }) => writer);
    const results = await Promise.all([...byWriter.values()].map((list) => this.#commitInOrder(list)));
    const committed = results.reduce((sum, count) => sum + count, 0);
    return { committed, alreadyCommitted: committables.length - committed };
  }

  /** How many were not committed before, as far as that can be told. */
  async #commitInOrder(committables: readonly KafkaCommittable[]): Promise<number> {
    let committed = 0;
    for (const committable of committables) {
      const fresh = committable.kind === "transaction" ? await this.#commitOne(committable) : await writeAhead(this.#client, committable);
      if (fresh) committed++;
    }
    return committed;
  }

  async #commitOne(committable: TransactionCommittable): Promise<boolean> {
    const { transactionalId, epoch, endTxnVersion, markerTopic, writer, checkpointId } = committable;
    const producerId = BigInt(committable.producerId);
    const code = await endTransaction(this.#client, endTxnVersion, { transactionalId, producerId, epoch, commit: true });
    let decision = decideCommit(code, "unknown");
    if (decision.kind === "lookAtMarker") {
      const marker = await readMarker(this.#client, markerTopic, writer);
      decision = decideCommit(code, marker !== undefined && marker.checkpointId >= checkpointId ? "visible" : "invisible");
      if (decision.kind === "committed") return false;
    }
    switch (decision.kind) {
      case "committed":
        return true;
      case "lost":
        if (this.#acceptLoss === undefined) throw lost(committable, code);
        this.#acceptLoss(committable);
        return false;
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

function lost({ transactionalId, checkpointId, offsets }: TransactionCommittable, code: number): MillraceError {
  const where = offsets.map(({ topic, partition, first, last }) => `${partitionId(topic, partition)}@${first}..${last}`).join(", ");
  return new MillraceError(
    "KAFKA_TRANSACTION_LOST",
    `the broker aborted transaction ${transactionalId} of checkpoint ${checkpointId} before it was committed (${errorText(code)}): its records will never be visible: ${where}`,
    {
      hint: 'the job was down for longer than the transaction timeout; acceptLoss goes on without these records, an earlier savepoint writes them again (and others twice), transactions: "writeAhead" avoids this',
      where: { position: where },
    },
  );
}
