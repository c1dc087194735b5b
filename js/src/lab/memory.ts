/*
 * FrameMemory: the last frame of each notebook, kept in JupyterLab's state
 * database so that it outlives a page reload and a kernel restart.
 *
 * Owns keys and limits. What is kept holds labels and counts, never values.
 */
import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { readRemembered } from '../state/check';
import type { RememberedFrame } from '../state/store';

const NAMESPACE = 'mandala-lab';
/** A larger frame is not kept: the workspace is sent to the server as a whole. */
const MAX_LETTERS = 400_000;

/** Keeps frames by notebook path. */
export class FrameMemory {
  constructor(private readonly state: IStateDB | null) {}

  /** The frame kept for a notebook, or null. */
  async recall(path: string): Promise<RememberedFrame | null> {
    return readRemembered(await this.state?.fetch(key(path)));
  }

  /** Keep a frame for a notebook. */
  async keep(path: string, frame: RememberedFrame): Promise<void> {
    if (this.state === null || JSON.stringify(frame).length > MAX_LETTERS) {
      return;
    }
    await this.state.save(key(path), frame as unknown as ReadonlyPartialJSONValue);
  }
}

function key(path: string): string {
  return `${NAMESPACE}:frame:${path}`;
}
