/*
 * Framing: what the camera follows. The scene as far as it is legible, the whole of
 * it, or the hand; and a node that was asked for, or must stay where it is.
 */
import type { SceneNode } from '../schema/messages';
import { Camera } from './camera';
import type { Size } from './camera';
import { SceneIndex } from './scene-index';
import type { Rect } from './scene-index';
import { elementsOf, standIn } from './stand-in';
import { readingOrder } from './walk';

/** Where a picture stands: a cell is scrolled past, and shows more at once. */
export type Place = 'panel' | 'cell';

type Mode = 'legible' | 'whole' | 'by-hand';

/** A fit that nobody asked for does not go below this scale. */
const LEAST_LEGIBLE: Record<Place, number> = { panel: 0.55, cell: 0.45 };
/** Nor below this one, at which names are read with ease, only because a scene is long. */
const WELL_LEGIBLE: Record<Place, number> = { panel: 0.75, cell: 0.65 };
/** Used until the element has a size of its own. */
const NOMINAL: Size = { width: 320, height: 320 };
const EVERYWHERE = { x: -1e9, w: 2e9 };
const NOTHING = new SceneIndex({ version: 1, width: 0, height: 0, nodes: [], edges: [] });

/** Moves a camera over one scene after another. */
export class Framing {
  readonly camera = new Camera();
  private mode: Mode = 'legible';
  private view: Size = NOMINAL;
  private index = NOTHING;
  private pursued = '';
  private held: SceneNode | null = null;

  constructor(private readonly place: Place) {}

  /** Look at the next scene as at a new one. */
  startAnew(): void {
    this.mode = 'legible';
  }

  /**
   * Keep a node, or what will stand for it, where it is on the screen at the next scene,
   * as long as that leaves nothing out of view for which there is room.
   */
  hold(id: string): void {
    this.held = this.index.nodes.get(id) ?? elementsOf(this.index, id)[0] ?? null;
  }

  /** Go on to the next scene. */
  follow(index: SceneIndex): void {
    if (this.index.scene.nodes.length === 0) {
      this.startAnew();
    }
    this.index = index;
    this.keepHeld();
    this.refit();
  }

  /** Take a new size of the view. */
  resize(view: Size): void {
    this.view = view;
    this.refit();
    this.revealPursued();
  }

  /** Bring a node into view, '' for none, and keep it there until somebody moves away. */
  pursue(id: string): void {
    this.pursued = id;
    this.revealPursued();
  }

  /** Show the whole scene, however small, and go on doing so. */
  showAll(): void {
    this.mode = 'whole';
    this.pursued = '';
    this.refit();
  }

  /** Leave the camera to the hand. */
  takeOver(): void {
    this.mode = 'by-hand';
    this.pursued = '';
  }

  /** The middle of the view, in screen pixels. */
  get middle(): { x: number; y: number } {
    return { x: this.view.width / 2, y: this.view.height / 2 };
  }

  /** The part of the scene that is seen, with `margin` times its size on every side. */
  seen(margin = 0): Rect {
    return this.camera.seen(this.view, margin);
  }

  private keepHeld(): void {
    const { held, camera } = this;
    const now = held ? standIn(this.index, held) : null;
    this.held = null;
    if (held && now) {
      this.takeOver();
      camera.pan(
        (held.x + held.w / 2 - now.x - now.w / 2) * camera.k,
        (held.y + held.h / 2 - now.y - now.h / 2) * camera.k
      );
      camera.fill(this.index.extent, this.view);
    }
  }

  /** Let the camera follow the scene and the view, unless somebody took it over. */
  private refit(): void {
    if (this.mode !== 'by-hand') {
      const { scene } = this.index;
      if (this.mode === 'legible') {
        this.camera.fit(scene, this.view, LEAST_LEGIBLE[this.place], WELL_LEGIBLE[this.place]);
      } else {
        this.camera.fit(scene, this.view);
      }
      const rows = { ...this.seen(), ...EVERYWHERE };
      this.camera.centre(this.index.nodesIn(rows), scene, this.view);
      this.revealAny();
      this.revealPursued();
    }
  }

  /** Where the middle of a wide scene is empty, begin with its first node. */
  private revealAny(): void {
    const isEmpty = this.index.nodesIn(this.seen()).length === 0;
    const first = isEmpty ? this.index.nodes.get(readingOrder(this.index)[0] ?? '') : undefined;
    if (first) {
      this.camera.reveal(first, this.view);
    }
  }

  private revealPursued(): void {
    const node = this.index.nodes.get(this.pursued);
    if (node) {
      this.camera.reveal(node, this.view);
    }
  }
}
