/*
 * Signal: a list of listeners. Owns nothing else; no DOM, no framework.
 */

/** A function to call when a signal fires. */
export type Listener<T> = (value: T) => void;

/** Something to listen to. */
export class Signal<T> {
  private readonly listeners = new Set<Listener<T>>();

  /** Call `listener` on every emission; returns the function that stops it. */
  connect(listener: Listener<T>): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Call every listener, in order of connection. */
  emit(value: T): void {
    for (const listener of [...this.listeners]) {
      listener(value);
    }
  }

  /** Forget every listener. */
  clear(): void {
    this.listeners.clear();
  }
}
