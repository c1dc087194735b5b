/*
 * A transport for tests: answers from a table, pushes on command, remembers what
 * was asked.
 */
import type { Push, Reply, Request } from '../schema/messages';
import { Signal } from '../state/signal';
import type { Transport } from '../state/transport';

/** How a fake answers one kind of request. */
export type Answer = (request: Request) => Reply | Promise<Reply>;

/** A transport without a kernel. */
export class FakeTransport implements Transport {
  readonly pushed = new Signal<Push>();
  readonly asked: Request[] = [];
  disposed = false;

  constructor(private readonly answers: Partial<Record<Request['type'], Answer>>) {}

  /** Answer from the table; a request without an answer is never answered. */
  request(request: Request): Promise<Reply> {
    this.asked.push(request);
    const answer = this.answers[request.type];
    return answer
      ? Promise.resolve().then(() => answer(request))
      : new Promise<Reply>(() => undefined);
  }

  /** Say something as the kernel would. */
  push(message: Push): void {
    this.pushed.emit(message);
  }

  /** Only remembered. */
  dispose(): void {
    this.disposed = true;
  }
}
