// Draws elements with d3-node, and is the only place that knows it. JavaScript, because a worker thread starts in a
// tenth of the time without a compiler.
import { D3Node } from 'd3-node';

/**
 * d3-node's own `svgString()` writes HTML, which is not always well-formed XML, so the picture is serialised as XML.
 * @param elements see drawing.d.ts: parents before their children; the first one is the root.
 */
export function draw(elements) {
  const d3n = new D3Node();
  const selections = [];
  for (const { parent, name, attributes, text } of elements) {
    const { width, height, ...others } = attributes;
    const selection =
      parent < 0 ? d3n.createSVG(width, height, others) : dress(selections[parent].append(name), attributes);
    if (text !== null) selection.text(text);
    selections.push(selection);
  }
  return new d3n.window.XMLSerializer().serializeToString(selections[0].node());
}

function dress(selection, attributes) {
  for (const [name, value] of Object.entries(attributes)) selection.attr(name, value);
  return selection;
}
