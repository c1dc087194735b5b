/*
 * Replays: pairs the ticket of a queued replay with the push that ends it.
 *
 * Owns the waiting; a push may come before the reply that names its ticket, so
 * early ones are kept. Does not send anything.
 */
import type { ReplayFinished } from '../schema/messages';

/** How many unclaimed outcomes are kept. */
const KEPT = 20;

interface Waiting {
  resolve: (outcome: ReplayFinished) => void;
  reject: (reason: Error) => void;
}

/** The replays that are waiting for the kernel. */
export class Replays {
  private readonly waiting = new Map<string, Waiting>();
  private readonly early = new Map<string, ReplayFinished>();

  /** How many replays have no outcome yet. */
  get pending(): number {
    return this.waiting.size;
  }

  /** The outcome of a ticket, when it comes. Rejects when the kernel goes away first. */
  outcome(ticket: string): Promise<ReplayFinished> {
    const known = this.early.get(ticket);
    if (known) {
      this.early.delete(ticket);
      return Promise.resolve(known);
    }
    return new Promise((resolve, reject) => {
      this.waiting.set(ticket, { resolve, reject });
    });
  }

  /** Take the push that ends a replay. */
  take(outcome: ReplayFinished): void {
    const waiting = this.waiting.get(outcome.ticket);
    if (waiting) {
      this.waiting.delete(outcome.ticket);
      waiting.resolve(outcome);
      return;
    }
    this.early.set(outcome.ticket, outcome);
    const oldest = this.early.keys().next();
    if (this.early.size > KEPT && !oldest.done) {
      this.early.delete(oldest.value);
    }
  }

  /** The kernel went away: nothing that waits will come. */
  abandon(reason: Error): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.early.clear();
    for (const one of waiting) {
      one.reject(reason);
    }
  }
}
