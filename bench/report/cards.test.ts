import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps } from '../../test/result.ts';
import { stored } from '../model/finding.ts';
import { paragraph } from '../wording/words.ts';
import { answerCard, answerCards } from './cards.ts';
import { runBadge } from './elements.ts';
import { html } from './markup.ts';
import { doubtSentence, outcomeSentence } from './verdict.ts';
import { viewOf } from './view.ts';

const RESULT = makeBothSteps(2, 1);
const VIEW = viewOf(RESULT);
const [DIRECT = assert.fail(), PLAIN = assert.fail()] = VIEW.variants;

test('a card has the badges of all steps, the answer, and remarks if there are any', () => {
  const [throughput = assert.fail(), latency = assert.fail()] = Object.values(DIRECT.answers);
  const card = (badges: string, remarks: string) => `<article class="card">
<header><h3><span class="key series-0" aria-hidden="true"></span>direct</h3><p class="badges">${badges}</p></header>
<p class="subtitle">The direct profile</p>
<p class="answer">It &lt;held&gt;.</p>
${remarks}
</article>
`;
  const plainBadges = runBadge(throughput).markup + runBadge(latency).markup;
  assert.equal(answerCard(DIRECT, 'It <held>.', {}).markup, card(plainBadges, ''));
  const options = { namesSteps: true, remarksOf: ({ step }: { step: string }) => [`${step}.`] };
  const named = [throughput, latency].map((run) => `${runBadge(run, run.step).markup} `).join('');
  assert.equal(
    answerCard(DIRECT, 'It <held>.', options).markup,
    card(named, `<p>${paragraph(['throughput.', 'latency.'])}</p>`),
  );
});

test('without other remarks, a card states how runs ended and why they are in doubt', () => {
  const [first = assert.fail(), ...others] = RESULT.runs;
  const doubted = {
    ...first,
    outcome: { state: 'failed' as const, reason: 'It died.' },
    validity: { ...first.validity, verdict: 'suspect' as const, reasons: [stored('It swayed.')] },
  };
  const { variants } = viewOf({ ...RESULT, runs: [doubted, ...others] });
  const [direct = assert.fail()] = variants;
  const [run = assert.fail()] = Object.values(direct.answers);
  const remarks = paragraph([outcomeSentence(run), doubtSentence(run)]);
  assert.ok(answerCard(direct, '', {}).markup.endsWith(`\n<p>${remarks}</p>\n</article>\n`));
});

test('there is a card for each variant; a single one is as wide as the page', () => {
  const answer = ({ name }: { name: string }) => `${name} held.`;
  const cards = [DIRECT, PLAIN].map((each) => answerCard(each, answer(each), {}));
  const section = { id: 'answers', title: 'Answers', charts: [] };
  assert.deepEqual(answerCards(VIEW, answer), {
    ...section,
    body: html`<div class="cards">${cards}</div>`,
  });
  assert.deepEqual(
    answerCards({ ...VIEW, variants: [DIRECT] }, answer).body,
    html`<div class="cards one">${cards[0]}</div>`,
  );
});
