// The pages of the list that the person has opened, asked for again as one chain of cursors.

export const PAGE_SIZE = 50;

/** `wanted` pages from the first on: `{items, more}`, each order once. */
export async function loadPages(api, filters, wanted, signal) {
  const items = new Map();
  let cursor = "";
  for (let page = 0; page < wanted; page += 1) {
    const answer = await api.get("/orders", { ...filters, limit: PAGE_SIZE, cursor }, signal);
    for (const order of answer.items) {
      if (!items.has(order.order_id)) items.set(order.order_id, order);
    }
    cursor = answer.next_cursor ?? "";
    if (!cursor) break;
  }
  return { items: [...items.values()], more: Boolean(cursor) };
}
