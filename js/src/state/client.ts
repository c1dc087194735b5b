/*
 * FrameClient: keeps a FrameStore in step with the kernel at the other end of a
 * transport.
 *
 * Owns attaching, detaching, the request for a snapshot after a gap, and the
 * replays that are under way. Knows nothing of notebooks, comms or the DOM.
 */
import { PROTOCOL } from '../schema/messages';
import type { FrameDelta, FrameSnapshot, FrameView, Push } from '../schema/messages';
import { Replays } from './replays';
import { Signal } from './signal';
import type { FrameStore } from './store';
import { askOver, protocolProblem, RequestError, TransportError } from './transport';
import type { Ask, Transport } from './transport';
import { WHOLE } from './view';

/**
 * Where a client stands: no kernel; asked and waiting for a first answer; the
 * kernel does not record (or does not know us); in step.
 */
export type Contact = 'none' | 'asking' | 'silent' | 'live';

/** How long a kernel may take to answer before it counts as not recording. */
export const PROBE_TIMEOUT_MS = 2000;

/** Deltas kept while a snapshot is on its way; beyond that, another is asked for. */
const MAX_QUEUED = 200;

/** Keeps a store in step with a kernel. */
export class FrameClient {
  /** The contact, or the problem that is to be shown, changed. */
  readonly contactChanged = new Signal<Contact>();
  /** What was selected is not in the frame: everything is asked for instead. */
  readonly selectionRefused = new Signal<string>();
  readonly replays = new Replays();
  /** What of the frame is asked for. */
  view: FrameView = WHOLE;

  private transport: Transport | null = null;
  private stopListening: () => void = () => undefined;
  private currentContact: Contact = 'none';
  private currentProblem = '';
  /** Number of the question under way, 0 for none. Late answers to others are no refusal. */
  private asking = 0;
  private lastAsked = 0;
  /** Number of the question for another view under way, 0 for none. */
  private looking = 0;
  private resting = false;
  private queued: FrameDelta[] = [];

  constructor(
    private readonly store: FrameStore,
    /** Tells this panel from those of other windows. */
    private readonly panel: string,
    private readonly probeTimeoutMs: number = PROBE_TIMEOUT_MS
  ) {}

  /** Where the client stands. */
  get contact(): Contact {
    return this.currentContact;
  }

  /** Why the kernel does not show its frame, in a sentence; '' when nothing is wrong. */
  get problem(): string {
    return this.currentProblem;
  }

  /** Ask the kernel a question. */
  readonly ask: Ask = request => {
    if (this.transport === null) {
      return Promise.reject(
        new TransportError(
          'There is no running kernel to ask. Start one, run %mandala on, then try again.'
        )
      );
    }
    return askOver(this.transport, request);
  };

  /** Talk to a kernel from now on, and ask for its frame. */
  attach(transport: Transport): void {
    this.drop();
    this.transport = transport;
    this.stopListening = transport.pushed.connect(push => this.takePush(push));
    this.refresh();
  }

  /** The kernel is gone: keep the picture as remembered, give up what waits. */
  drop(): void {
    this.asking = 0;
    this.looking = 0;
    this.resting = false;
    this.queued = [];
    this.stopListening();
    this.transport?.dispose();
    this.transport = null;
    this.replays.abandon(
      new TransportError('The kernel stopped before the replay came back. Run it again.')
    );
    this.store.disconnect();
    this.setContact('none');
  }

  /** Ask for the whole frame. */
  refresh(): void {
    const transport = this.transport;
    this.resting = false;
    if (transport === null || this.asking !== 0 || this.looking !== 0) {
      return;
    }
    this.lastAsked += 1;
    this.asking = this.lastAsked;
    const question = this.lastAsked;
    if (this.currentContact !== 'live') {
      this.setContact('asking');
    }
    const timer = setTimeout(() => this.giveUpWaiting(question), this.probeTimeoutMs);
    const { panel, view } = this;
    askOver<'frame.get'>(transport, { type: 'frame.get', panel, view })
      .then(snapshot => transport === this.transport && this.takeAnswer(view, snapshot))
      .catch((reason: unknown) => question === this.asking && this.takeRefusal(view, reason))
      .finally(() => clearTimeout(timer));
  }

  /** Ask for another view; of several, the last counts. Rejects where it is refused. */
  async look(view: FrameView, onShow: () => void): Promise<void> {
    this.lastAsked += 1;
    this.looking = this.lastAsked;
    const question = this.lastAsked;
    const { panel } = this;
    try {
      const snapshot = await this.ask<'frame.get'>({ type: 'frame.get', panel, view });
      if (question === this.looking) {
        this.looking = 0;
        this.view = view;
        onShow();
        this.take(snapshot);
      }
    } catch (reason) {
      if (question === this.looking) {
        this.looking = 0;
        this.refresh(); // an answer to an earlier question may have been passed over
      }
      throw reason;
    }
  }

  /** Nobody looks: ask the kernel to stop pushing. `refresh` starts it again. */
  rest(): void {
    this.resting = true;
    if (this.transport !== null && this.currentContact !== 'silent') {
      const { panel } = this;
      askOver<'panel.detach'>(this.transport, { type: 'panel.detach', panel }).catch(
        () => undefined
      );
    }
  }

  /** Another view may have been chosen while the answer was on its way. */
  private takeAnswer(view: FrameView, snapshot: FrameSnapshot): void {
    if (view === this.view) {
      this.take(snapshot);
    } else {
      this.asking = 0;
      this.refresh();
    }
  }

  /** No answer in time: silent for now, but an answer that comes later is welcome. */
  private giveUpWaiting(question: number): void {
    if (question === this.asking && this.currentContact === 'asking') {
      this.asking = 0;
      this.setContact('silent');
    }
  }

  private takeRefusal(view: FrameView, reason: unknown): void {
    this.asking = 0;
    this.queued = [];
    if (reason instanceof RequestError && reason.code === 'bad_selection') {
      if (view === this.view) {
        this.view = { ...view, selection: '' };
        this.selectionRefused.emit(reason.message);
      }
      this.refresh();
      return;
    }
    if (reason instanceof TransportError && this.currentContact === 'live') {
      return; // A kernel that is kept busy: the next delta asks again.
    }
    this.store.disconnect();
    const told = reason instanceof RequestError && reason.code === 'protocol';
    this.setContact('silent', told ? reason.message : '');
  }

  /** A snapshot that was not asked for is how a kernel says that it records now. */
  private takePush(push: Push): void {
    const begins = push.type === 'frame.snapshot' && push.v === PROTOCOL;
    this.take(push);
    if (begins && !this.resting) {
      this.refresh();
    }
  }

  private take(push: Push): void {
    if (push.v !== PROTOCOL) {
      this.setContact('silent', protocolProblem(push.v));
      return;
    }
    switch (push.type) {
      case 'frame.snapshot':
        this.asking = 0;
        this.store.takeSnapshot(push);
        this.setContact('live');
        this.takeQueued();
        if (this.resting) {
          this.rest();
        }
        break;
      case 'frame.delta':
        if (push.panel === this.panel) {
          this.takeDelta(push);
        }
        break;
      case 'recording.stopped':
        this.asking = 0;
        this.store.disconnect();
        this.setContact('silent');
        break;
      case 'replay.finished':
        this.replays.take(push);
        break;
    }
  }

  private takeDelta(delta: FrameDelta): void {
    if (this.resting) {
      return;
    }
    const waits = this.asking !== 0 || this.looking !== 0;
    if (waits && this.queued.length < MAX_QUEUED) {
      this.queued.push(delta);
    } else if (this.store.takeDelta(delta) === 'gap') {
      this.refresh();
    }
  }

  private takeQueued(): void {
    const queued = this.queued;
    this.queued = [];
    for (const delta of queued) {
      this.takeDelta(delta);
    }
  }

  private setContact(contact: Contact, problem = ''): void {
    if (contact !== this.currentContact || problem !== this.currentProblem) {
      this.currentContact = contact;
      this.currentProblem = problem;
      this.contactChanged.emit(contact);
    }
  }
}
