import test from 'ava';
import { BROKER_COLOURS, LOST } from '../../src/report/timeline/style.ts';

/*
 * How colours look with each kind of colour blindness at its full severity, in linear RGB: G. M. Machado, M. M. Oliveira,
 * L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE Transactions on
 * Visualization and Computer Graphics 15 (6), 2009.
 */
const EYES = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

type Triple = [number, number, number];

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

const times = (matrix: readonly number[], [x, y, z]: Triple) =>
  [0, 3, 6].map((row) => matrix[row]! * x + matrix[row + 1]! * y + matrix[row + 2]! * z) as Triple;

/** CIE L*a*b* under D65. */
function lab(rgb: Triple): Triple {
  const inside = rgb.map((value) => Math.min(1, Math.max(0, value))) as Triple;
  const xyz = times(
    [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041],
    inside,
  );
  const [x, y, z] = xyz.map((value, index) => {
    const ratio = value / [0.95047, 1, 1.08883][index]!;
    return ratio > 0.008856 ? Math.cbrt(ratio) : 7.787 * ratio + 16 / 116;
  }) as Triple;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE 1976: about 2 can just be told apart side by side; 20 are two different colours at a glance. */
function difference(one: string, other: string, eye: readonly number[]): number {
  const [a, b] = [one, other].map((hex) => lab(times(eye, linear(hex)))) as [Triple, Triple];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

const three = BROKER_COLOURS.slice(0, 3);

for (const [name, eye] of Object.entries(EYES)) {
  test(`three brokers keep three colours, and none looks like a loss: ${name}`, (t) => {
    for (const [index, colour] of three.entries()) {
      for (const other of three.slice(index + 1)) {
        const apart = difference(colour, other, eye);
        t.true(apart >= 30, `${colour} and ${other}: ${apart.toFixed(1)}`);
      }
      const fromLoss = difference(colour, LOST, eye);
      t.true(fromLoss >= 25, `${colour} and the red of losses: ${fromLoss.toFixed(1)}`);
    }
  });
}

test('the measure itself: blue and purple of equal lightness are one colour without red', (t) => {
  t.true(difference('#2166ac', '#7b4ba0', EYES.usual) > 30);
  t.true(difference('#2166ac', '#7b4ba0', EYES.protanopia) < 10);
  t.true(difference('#2166ac', '#7b4ba0', EYES.deuteranopia) < 10);
});

test('white text can be read on the bars of the three', (t) => {
  for (const colour of three) {
    const [red, green, blue] = linear(colour);
    t.true(1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 3, colour);
  }
});
