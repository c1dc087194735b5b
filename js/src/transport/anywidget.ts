/*
 * A transport over an anywidget model: requests and replies are custom messages
 * that carry a number. Used in cells, where nothing is pushed.
 */
import type { Push, Reply, Request } from '../schema/messages';
import { Signal } from '../state/signal';
import { TransportError } from '../state/transport';
import type { Transport } from '../state/transport';

/** The part of an anywidget model that is used here. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, listener: (...values: unknown[]) => void): void;
  off(event: string, listener: (...values: unknown[]) => void): void;
}

/** A cell that runs keeps the answer waiting for this long at most. */
export const ANSWER_TIMEOUT_MS = 15_000;

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (reason: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** The road between a widget's view and its Python object. */
export class WidgetTransport implements Transport {
  readonly pushed = new Signal<Push>();
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  constructor(private readonly model: WidgetModel) {
    model.on('msg:custom', this.onMessage);
  }

  /** Send a request under a new number. */
  request(request: Request): Promise<Reply> {
    const id = this.next;
    this.next += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.giveUp(id), ANSWER_TIMEOUT_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.model.send({ id, ...request });
    });
  }

  /** Stop listening; what still waits is rejected. */
  dispose(): void {
    this.model.off('msg:custom', this.onMessage);
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new TransportError('The output was removed before the answer came.'));
    }
    this.waiting.clear();
  }

  private readonly onMessage = (content: unknown): void => {
    if (!isNumbered(content)) {
      return;
    }
    const { id, ...reply } = content;
    const waiting = this.waiting.get(id);
    if (waiting) {
      this.waiting.delete(id);
      clearTimeout(waiting.timer);
      waiting.resolve(reply as unknown as Reply);
    }
  };

  private giveUp(id: number): void {
    this.waiting
      .get(id)
      ?.reject(
        new TransportError(
          `The kernel did not answer within ${ANSWER_TIMEOUT_MS / 1000} s. ` +
            'A running cell makes pictures in cells wait; try again when it is done, ' +
            'or use the Mandala panel, which is answered at any time.'
        )
      );
    this.waiting.delete(id);
  }
}

function isNumbered(content: unknown): content is { id: number } {
  return (
    typeof content === 'object' &&
    content !== null &&
    typeof (content as { id?: unknown }).id === 'number'
  );
}
