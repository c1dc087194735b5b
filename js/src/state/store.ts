/*
 * FrameStore: the newest known frame, whether it is live, and what is selected.
 *
 * Owns the order of revisions: which snapshot or delta may be applied, and when
 * one is missing. Does not ask for anything (client.ts) and draws nothing.
 */
import type { FrameDelta, FrameSnapshot, Scene, StoreInfo } from '../schema/messages';
import { applyDelta } from './delta';
import { Signal } from './signal';

/** How fresh the frame is: not there, from an earlier time, or as it is now. */
export type Freshness = 'none' | 'remembered' | 'live';

/** What became of a message: it was used, was old news, or shows that one is missing. */
export type Outcome = 'applied' | 'ignored' | 'gap';

/** A frame of an earlier time, and how many calls a selection left of it; null without one. */
export interface EarlierFrame {
  scene: Scene;
  store: StoreInfo | null;
  matched?: number | null;
}

/** What a listener is told: the ids of the nodes that changed, or null for all. */
export interface FrameChange {
  nodes: ReadonlySet<string> | null;
}

/** The newest known frame and the selection in it. */
export class FrameStore {
  /** The picture changed, or its freshness did. */
  readonly changed = new Signal<FrameChange>();
  /** Another node is selected; '' for none. */
  readonly selectionChanged = new Signal<string>();

  private currentScene: Scene | null = null;
  private currentInfo: StoreInfo | null = null;
  private currentFreshness: Freshness = 'none';
  private currentSelection = '';
  private currentMatched: number | null = null;
  private seq = 0;
  private session = '';

  /** The picture, or null when there is none. */
  get scene(): Scene | null {
    return this.currentScene;
  }

  /** What is known of the storage. */
  get info(): StoreInfo | null {
    return this.currentInfo;
  }

  /** How fresh the picture is. */
  get freshness(): Freshness {
    return this.currentFreshness;
  }

  /** How many calls the selection of a view left; null without one. */
  get matched(): number | null {
    return this.currentMatched;
  }

  /** Id of the selected node, '' for none. */
  get selected(): string {
    return this.currentSelection;
  }

  /** Take a whole frame. Only news older than what a live session showed is refused. */
  takeSnapshot(snapshot: FrameSnapshot): Outcome {
    const sameSession = snapshot.session === this.session;
    if (this.currentFreshness === 'live' && sameSession && snapshot.seq < this.seq) {
      return 'ignored';
    }
    this.replace(snapshot.scene, snapshot.store, 'live', snapshot.matched);
    this.seq = snapshot.seq;
    this.session = snapshot.session;
    this.changed.emit({ nodes: null });
    return 'applied';
  }

  /**
   * Take a delta. It fits when it starts at or before the revision shown (its
   * items are whole, so an overlap does no harm) and ends after it.
   */
  takeDelta(delta: FrameDelta): Outcome {
    const scene = this.currentScene;
    const sameSession = delta.session === this.session;
    if (scene === null || this.currentFreshness !== 'live' || !sameSession) {
      return 'gap';
    }
    if (delta.seq <= this.seq) {
      return 'ignored';
    }
    if (delta.base > this.seq) {
      return 'gap';
    }
    this.replace(applyDelta(scene, delta), delta.store, 'live', delta.matched);
    this.seq = delta.seq;
    this.changed.emit({
      nodes: new Set([...delta.nodes.map(node => node.id), ...delta.removedNodes])
    });
    return 'applied';
  }

  /** Show a frame of an earlier time. */
  recall(frame: EarlierFrame): void {
    this.replace(frame.scene, frame.store, 'remembered', frame.matched ?? null);
    this.changed.emit({ nodes: null });
  }

  /** The kernel is gone: what is shown is from now on an earlier time. */
  disconnect(): void {
    if (this.currentFreshness === 'live') {
      this.currentFreshness = 'remembered';
      this.changed.emit({ nodes: new Set() });
    }
  }

  /** Forget everything (another notebook is in front). */
  clear(): void {
    this.replace(null, null, 'none', null);
    this.changed.emit({ nodes: null });
  }

  /**
   * Select a node by id, '' for none. A node that is open is there in its elements; an id
   * that is not in the frame selects none.
   */
  select(id: string): void {
    const found = this.currentScene?.nodes.some(node => node.id === id || node.group === id);
    const selection = id !== '' && found === true ? id : '';
    if (selection !== this.currentSelection) {
      this.currentSelection = selection;
      this.selectionChanged.emit(selection);
    }
  }

  private replace(
    scene: Scene | null,
    info: StoreInfo | null,
    freshness: Freshness,
    matched: number | null
  ): void {
    const chosen = this.currentScene?.nodes.find(node => node.id === this.currentSelection);
    this.currentScene = scene;
    this.currentInfo = info;
    this.currentFreshness = freshness;
    this.currentMatched = matched;
    // An element whose node was closed leaves the selection to that node.
    const isThere = scene?.nodes.some(node => node.id === this.currentSelection) ?? false;
    this.select(isThere || !chosen?.group ? this.currentSelection : chosen.group);
  }
}
