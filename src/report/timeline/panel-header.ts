import { gravest } from '../text/causes.ts';
import { verdictInWords } from '../text/headline.ts';
import { describeFinding, describeSetting } from '../text/phrases.ts';
import type { Panel, Picture } from './picture.ts';
import { shorten, textWidth, wrap } from './labels.ts';
import { MARGIN, VERDICT_COLOURS, WIDTH } from './style.ts';
import { roundBox } from './svg.ts';

const ROOM = WIDTH - 2 * MARGIN;
const BADGE_HEIGHT = 24;
const LINE_HEIGHT = 18;

/** What was tried, on what, and what came of it, in words. */
export function headerPanel({ run, result, faults }: Picture): Panel {
  const badge = result.verdict.toUpperCase();
  const badgeWidth = textWidth(badge, 14) + 26;
  const labels = new Map(faults.map((fault) => [fault.id, fault.label]));
  const worst = gravest(result);
  // A finding says itself what the reasons of an invalid verdict say, and more.
  const reasons = result.verdict === 'invalid' && worst !== null ? [] : result.reasons;
  const [verdict, rest] = headlineOf(result, ROOM - badgeWidth - 12);
  const story = [...wrap(rest, 13, ROOM, 1), ...wrap(reasons.join(' '), 13, ROOM, 2)];
  if (worst !== null) {
    story.push(...wrap(describeFinding(worst, labels), 13, ROOM, 3));
    const others = result.findings.length - 1;
    if (others > 0)
      story.push(others === 1 ? 'There is 1 more finding.' : `There are ${others} more findings.`);
  }
  return {
    height: 112 + story.length * LINE_HEIGHT,
    draw: (pen, top) => {
      pen.text(MARGIN, top + 38, shorten(run.info.scenario.title, 22, ROOM), 'title');
      const setting = `${describeSetting(run.info)} · run ${run.info.run} · ${run.info.startedAt}`;
      pen.text(MARGIN, top + 58, shorten(setting, 12.5, ROOM), 'setting');
      const badgeTop = top + 72;
      pen.path(roundBox(MARGIN, badgeTop, badgeWidth, BADGE_HEIGHT, 5), 'badge', {
        fill: VERDICT_COLOURS[result.verdict],
      });
      pen.text(MARGIN + badgeWidth / 2, badgeTop + 17, badge, 'badge-text', { 'text-anchor': 'middle' });
      pen.text(MARGIN + badgeWidth + 12, badgeTop + 17, verdict, 'verdict');
      for (const [index, line] of story.entries()) {
        pen.text(MARGIN, badgeTop + BADGE_HEIGHT + 19 + index * LINE_HEIGHT, line, 'story');
      }
    },
  };
}

/** The verdict in words, and what of them goes below because the line is full. */
function headlineOf(result: Picture['result'], widthPx: number): [line: string, rest: string] {
  const whole = verdictInWords(result);
  if (textWidth(whole, 14) <= widthPx) return [whole, ''];
  const end = whole.indexOf('. ') + 1;
  return [whole.slice(0, end), whole.slice(end + 1)];
}
