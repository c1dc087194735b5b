/*
 * ReplayForm: run a recorded call again with other arguments.
 *
 * Owns the fields, the waiting and the place of the outcome. What the outcome
 * looks like is replay-result.ts's; pairing tickets is state/replays.ts's.
 */
import type { EditableArgument, ReplayRun } from '../schema/messages';
import type { Replays } from '../state/replays';
import type { Ask } from '../state/transport';
import type { Words } from '../state/words';
import { html } from './dom';
import { failureNote, waitingNote } from './notes';
import { replayResult } from './replay-result';

/** What a replay form needs of its surroundings. */
export interface ReplayFormOptions {
  ask: Ask;
  replays: Replays;
  words: Words;
}

/** The form for one call. */
export class ReplayForm {
  readonly element = html('section', 'mandala-section mandala-replay');
  private readonly form = html('form', 'mandala-form');
  private readonly outcome = html('div', 'mandala-replay-outcome');
  private readonly run = html('button', 'mandala-button mandala-primary');
  private readonly scope: HTMLSelectElement;
  private readonly inputs = new Map<string, HTMLInputElement>();

  constructor(
    private readonly call: string,
    private readonly editable: readonly EditableArgument[],
    private readonly options: ReplayFormOptions
  ) {
    const { words } = options;
    this.scope = scopeSelect(words);
    this.run.type = 'submit';
    this.run.textContent = words.__('Run');
    this.form.append(
      ...editable.map(argument => this.field(argument)),
      labelled(words.__('Scope'), this.scope),
      html('div', 'mandala-actions', this.run)
    );
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      void this.submit();
    });
    this.element.append(
      html('h4', '', words.__('Replay with other arguments')),
      html('p', 'mandala-note', words.__('What is recorded stays as it is.')),
      this.form,
      this.outcome
    );
  }

  private field(argument: EditableArgument): HTMLElement {
    const { words } = this.options;
    if (argument.literal === '') {
      const kept = html('output', 'mandala-kept', argument.text);
      kept.title = words.__('This value has no short Python form: it is used as recorded.');
      return labelled(argument.name, kept);
    }
    const input = html('input', 'mandala-input');
    input.value = argument.literal;
    input.name = argument.name;
    input.spellcheck = false;
    input.autocomplete = 'off';
    this.inputs.set(argument.name, input);
    return labelled(argument.name, input);
  }

  /** The arguments that differ from what was recorded. */
  private changes(): Record<string, string> {
    const changes: Record<string, string> = {};
    for (const { name, literal } of this.editable) {
      const text = this.inputs.get(name)?.value.trim();
      if (text !== undefined && text !== literal) {
        changes[name] = text;
      }
    }
    return changes;
  }

  private async submit(): Promise<void> {
    const { ask, replays, words } = this.options;
    const request: ReplayRun = {
      type: 'replay.run',
      call: this.call,
      arguments: this.changes(),
      scope: this.scope.value === 'downstream' ? 'downstream' : 'call'
    };
    this.run.disabled = true;
    this.outcome.replaceChildren(waitingNote(words.__('Waiting for the kernel…')));
    try {
      const queued = await ask<'replay.run'>(request);
      const finished = await replays.outcome(queued.ticket);
      this.outcome.replaceChildren(replayResult(finished, words));
    } catch (reason) {
      this.outcome.replaceChildren(failureNote(reason, () => void this.submit(), words));
    } finally {
      this.run.disabled = false;
      this.outcome.scrollIntoView({ block: 'nearest' });
    }
  }
}

function labelled(name: string, control: HTMLElement): HTMLElement {
  const tag = html('span', 'mandala-field-name', name);
  return html('label', 'mandala-field', tag, control);
}

function scopeSelect(words: Words): HTMLSelectElement {
  const select = html('select', 'mandala-input');
  const scopes = [
    ['call', words.__('this call')],
    ['downstream', words.__('this call and what depends on it')]
  ] as const;
  for (const [value, label] of scopes) {
    const option = html('option', '', label);
    option.value = value;
    select.append(option);
  }
  return select;
}
