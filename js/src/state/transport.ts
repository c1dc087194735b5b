/*
 * What the state needs of a transport, and the errors a transport may raise.
 * Holds no connection itself: see transport/ and lab/comm.ts.
 */
import { PROTOCOL } from '../schema/messages';
import type {
  CallInspect,
  CallInspected,
  Done,
  FrameGet,
  FrameSnapshot,
  NodeInspect,
  NodeInspected,
  PanelDetach,
  Push,
  RefInspect,
  RefInspected,
  ReplayQueued,
  ReplayRun,
  Reply,
  Request
} from '../schema/messages';
import type { Signal } from './signal';

/** A road that carries requests. */
export interface Road {
  /** Send a request; resolves with its reply, rejects with a `TransportError`. */
  request(request: Request): Promise<Reply>;
}

/** A road to one kernel. */
export interface Transport extends Road {
  /** What the kernel says on its own. */
  readonly pushed: Signal<Push>;
  /** Close the road. Pending requests are dropped or rejected. */
  dispose(): void;
}

/** Which reply answers which request. */
export interface ReplyOf {
  'frame.get': FrameSnapshot;
  'panel.detach': Done;
  'node.inspect': NodeInspected;
  'call.inspect': CallInspected;
  'ref.inspect': RefInspected;
  'replay.run': ReplayQueued;
}

/** The request structs by their tag. */
export interface RequestOf {
  'frame.get': FrameGet;
  'panel.detach': PanelDetach;
  'node.inspect': NodeInspect;
  'call.inspect': CallInspect;
  'ref.inspect': RefInspect;
  'replay.run': ReplayRun;
}

/** Asks one question and gives its answer. */
export type Ask = <K extends Request['type']>(request: RequestOf[K]) => Promise<ReplyOf[K]>;

const REPLY_TYPE: { [K in Request['type']]: ReplyOf[K]['type'] } = {
  'frame.get': 'frame.snapshot',
  'panel.detach': 'done',
  'node.inspect': 'node.inspected',
  'call.inspect': 'call.inspected',
  'ref.inspect': 'ref.inspected',
  'replay.run': 'replay.queued'
};

/** The road is closed or nobody answered. */
export class TransportError extends Error {
  override name = 'TransportError';
}

/** The answer was that it could not be done. */
export class RequestError extends Error {
  override name = 'RequestError';

  constructor(
    readonly code: string,
    message: string
  ) {
    super(message);
  }
}

/** Ask one question over a road; the answer has the type that belongs to it. */
export async function askOver<K extends Request['type']>(
  road: Road,
  request: RequestOf[K]
): Promise<ReplyOf[K]> {
  const message: Request = request;
  const reply = await road.request({ ...message, v: PROTOCOL });
  if (reply.v !== PROTOCOL) {
    throw new RequestError('protocol', protocolProblem(reply.v));
  }
  if (reply.type === 'error') {
    throw new RequestError(reply.code, reply.message);
  }
  if (!isReplyTo(message.type, reply)) {
    throw new RequestError('unexpected', `Asked ${message.type}, but was answered ${reply.type}.`);
  }
  return reply as ReplyOf[K];
}

function isReplyTo(type: Request['type'], reply: Reply): boolean {
  return reply.type === REPLY_TYPE[type];
}

/** What to tell somebody whose two halves of mandala-lab do not fit. */
export function protocolProblem(found: unknown): string {
  return (
    `This panel speaks protocol ${PROTOCOL}, the kernel speaks ${String(found)}. ` +
    'Install the same version of mandala-lab for the kernel and for JupyterLab, ' +
    'then restart the kernel and reload the page.'
  );
}
