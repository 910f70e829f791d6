import type { Json } from "../src/api/types.ts";

/** Invented projects and items, one for each kind of question. Nothing here comes from real people. */

export interface Demo {
  task: string;
  target: string;
  classes: string[];
  low?: number;
  high?: number;
  sides?: string[];
  display: Record<string, string>;
  instructions?: string;
  settings?: Record<string, Json>;
  items: Record<string, Json>[];
  suggest?: (fields: Record<string, Json>, n: number) => Json;
}

const tickets = [
  "I was charged twice for the same order last Tuesday and my bank says both payments went through. Can you return one of them?",
  "The parcel shows as delivered, but nothing is here and my neighbors have not seen it either.",
  "How do I change the email address of my account? The settings page only lets me change my name.",
  "The app closes itself as soon as I open the camera. It worked before the last update.",
  "Please cancel my order. I picked the wrong size by mistake.",
  "Could you tell me whether the blue one will be back before the end of the month?",
  "Mein Paket wurde an die falsche Adresse geliefert, obwohl ich sie letzte Woche geändert habe. 📦",
  "طلبت استرداد المبلغ منذ أسبوعين ولم يصل شيء إلى حسابي حتى الآن.",
  "注文した商品の色が写真と違います。交換できますか?",
  "Nothing urgent: I only wanted to say that the person I spoke with yesterday was very kind.",
];

const markdown = `## Release notes

The **search** is faster, and \`Ctrl + K\` opens it from anywhere.

1. Results come while you type.
2. Old entries are *no longer* shown first.

| Size | Before | Now |
| --- | --- | --- |
| 1,000 rows | 90 ms | 12 ms |
| 1,000,000 rows | 4.1 s | 180 ms |

> Some of you asked for a way back. It is in the settings.

\`\`\`python
results = search("label", limit=20)
\`\`\`

<script>alert("never")</script> ![remote](https://example.org/x.png) [a link](https://example.org)`;

const names = ["north", "quiet", "amber", "delta", "river", "stone", "cloud", "lemon", "violet", "harbor"];
const thousand = Array.from({ length: 1000 }, (_, i) => {
  const [a, b, c] = [i % 10, Math.floor(i / 10) % 10, Math.floor(i / 100)];
  return `${names[c]}_${names[b]}_${names[a]}`;
});

const intents = [
  "activate_my_card", "age_limit", "apple_pay_or_google_pay", "atm_support", "automatic_top_up", "balance_not_updated",
  "beneficiary_not_allowed", "cancel_transfer", "card_about_to_expire", "card_acceptance", "card_arrival",
  "card_delivery_estimate", "card_linking", "card_not_working", "card_payment_fee_charged", "cash_withdrawal_charge",
  "change_pin", "compromised_card", "contactless_not_working", "country_support", "declined_card_payment",
  "edit_personal_details", "exchange_rate", "failed_transfer", "lost_or_stolen_card", "passcode_forgotten",
  "pending_top_up", "pin_blocked", "receiving_money", "request_refund", "terminate_account", "top_up_failed",
  "transfer_timing", "verify_my_identity", "wrong_exchange_rate_for_cash_withdrawal",
];

function drawing(seed: number): number[] {
  const pixels = [];
  for (let y = 0; y < 28; y++) {
    for (let x = 0; x < 28; x++) {
      const angle = Math.atan2(y - 14, x - 14) + seed;
      const radius = Math.hypot(x - 14, (y - 14) * (0.6 + 0.1 * (seed % 4)));
      const ring = Math.max(0, 1 - Math.abs(radius - 7) / 2);
      pixels.push(Math.round(255 * ring * (0.55 + 0.45 * Math.cos(angle * (1 + (seed % 3))) ** 2)));
    }
  }
  return pixels;
}

const trace: Json = [
  { role: "user", content: "Book me the cheapest train from Lyon to Milan on Friday, arriving before six in the evening." },
  { thought: "I need timetables first.", tool: "search_trains", arguments: { from: "Lyon", to: "Milan", day: "Friday", arrive_before: "18:00" }, observation: [{ train: "EC 51", leaves: "08:46", arrives: "13:52", price: 59 }, { train: "TGV 924", leaves: "11:30", arrives: "17:07", price: 39 }] },
  { role: "assistant", content: "There are two. The cheapest is TGV 924 at 11:30 for 39 euros; it arrives at 17:07. I will book that one." },
  { role: "assistant", tool_calls: [{ function: { name: "book", arguments: '{"train": "EC 51", "seats": 1}' } }] },
  { role: "tool", content: '{"status": "booked", "reference": "Q7K2"}' },
  { role: "assistant", content: "Done. Your seat on **TGV 924** is booked, reference Q7K2." },
];

const svg = (n: number) => {
  const hue = (n * 67) % 360;
  const shapes = Array.from({ length: 5 }, (_, i) => {
    const x = (97 * (i + 1) * (n + 3)) % 640;
    const y = (61 * (i + 2) * (n + 5)) % 420;
    return i % 2
      ? `<circle cx="${x + 70}" cy="${y + 60}" r="48" fill="hsl(${(hue + i * 50) % 360} 55% 55%)"/>`
      : `<rect x="${x}" y="${y}" width="110" height="84" rx="14" fill="hsl(${(hue + i * 50) % 360} 50% 60%)"/>`;
  }).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="560" viewBox="0 0 800 560"><rect width="800" height="560" fill="hsl(${hue} 30% 92%)"/><path d="M0 430q200-90 400 0t400 0v130H0z" fill="hsl(${hue} 25% 80%)"/>${shapes}</svg>`;
};
export const picture = svg;

export const demos: Record<string, Demo> = {
  tickets: {
    task: "choice",
    target: "What is this message about?",
    classes: ["billing", "delivery", "account", "bug", "order change", "praise"],
    display: { text: "text" },
    instructions:
      "# What to choose\n\nChoose what the person **wants from us**, not what they are angry about.\n\n- *billing*: money was taken, or should come back\n- *delivery*: where something is, or that it did not come\n- *order change*: before it has left us\n\nIf two fit, take the one that comes first in this list. If none fits, skip and say why.",
    items: tickets.map((text) => ({ text })),
    suggest: (_, n) => (n % 3 === 0 ? "billing" : n % 3 === 1 ? "delivery" : null),
  },
  digits: {
    task: "choice",
    target: "Which digit is it most like?",
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    display: { pixels: "pixels" },
    items: Array.from({ length: 40 }, (_, i) => ({ pixels: drawing(i) })),
    suggest: () => "5",
  },
  intents: {
    task: "choice",
    target: "Which intent?",
    classes: intents,
    display: { text: "text" },
    items: tickets.map((text) => ({ text })),
    suggest: () => "card_arrival",
  },
  thousand: {
    task: "choice",
    target: "Which of a thousand?",
    classes: thousand,
    display: { text: "text" },
    items: tickets.map((text) => ({ text })),
  },
  topics: {
    task: "labels",
    target: "Which topics does it touch?",
    classes: ["performance", "design", "documentation", "breaking change", "security", "accessibility"],
    display: { notes: "markdown", author: "text", words: "number" },
    items: Array.from({ length: 10 }, (_, i) => ({ notes: markdown, author: `author ${i}`, words: 90 + i })),
    suggest: () => ["performance", "design"],
  },
  entities: {
    task: "spans",
    target: "Mark people, places and organizations",
    classes: ["PERSON", "PLACE", "ORGANIZATION", "DATE"],
    display: { text: "text" },
    items: [
      { text: "On Monday Dr. Amélie Laurent 👩🏽‍⚕️ of the University of Lyon met Kenji Watanabe (渡辺 健二) in the Museum of the City of Milan.\n\nThey will speak again in March." },
      { text: "وصلت سارة إلى القاهرة يوم الجمعة، والتقت بمدير شركة النيل في فندق المدينة." },
      { text: "昨日、田中さんは東京駅で北川商事の社長に会いました。" },
      { text: Array.from({ length: 400 }, (_, i) => `Paragraph ${i + 1}. The council of the northern district met on the ${i % 28}th, and Ms. Ferro of Harbor & Sons spoke about the bridge between Oldtown and the island, its costs, and the ferry that would no longer run if it were built. `).join("\n\n") },
    ],
    suggest: (fields) => (String(fields.text).startsWith("On Monday") ? [{ start: 14, end: 28, label: "PERSON" }] : null),
  },
  objects: {
    task: "boxes",
    target: "Draw a box around every object",
    classes: ["block", "ball", "hill"],
    display: { image: "image" },
    items: Array.from({ length: 8 }, (_, i) => ({ image: `scene-${i}.svg.png` })),
    suggest: () => [{ x: 120, y: 90, width: 130, height: 110, label: "block" }],
  },
  outlines: {
    task: "polygons",
    target: "Outline every object",
    classes: ["block", "ball"],
    display: { image: "image" },
    items: Array.from({ length: 8 }, (_, i) => ({ image: `scene-${i}.svg.png` })),
  },
  answers: {
    task: "pair",
    target: "Which answer is better?",
    classes: ["a", "b", "tie", "neither"],
    sides: ["response_a", "response_b"],
    display: { prompt: "text", response_a: "markdown", response_b: "markdown" },
    items: Array.from({ length: 6 }, () => ({
      prompt: "How do I keep bread fresh for longer?",
      response_a: "Keep it in a **paper bag** inside a bread box, cut side down. Freeze what you will not eat within two days; it thaws in an hour and tastes as on the first day.",
      response_b: "Put it in the refrigerator.",
    })),
  },
  order: {
    task: "ranking",
    target: "Order these summaries, best first",
    classes: ["Short and exact", "Long, but complete", "Friendly, with one mistake", "Off the point"],
    display: { text: "text" },
    items: tickets.map((text) => ({ text })),
  },
  kindness: {
    task: "rating",
    target: "How polite is it?",
    classes: [],
    low: 1,
    high: 5,
    display: { text: "text" },
    items: tickets.map((text) => ({ text })),
    suggest: () => 4,
    settings: { suggestions: "after" },
  },
  price: {
    task: "number",
    target: "What does it cost, in euros?",
    classes: [],
    display: { title: "text", year: "number", rooms: "number", size_m2: "number", near: "text", details: "json" },
    items: Array.from({ length: 9 }, (_, i) => ({
      title: `House ${i + 1} by the river`, year: 1950 + 7 * i, rooms: 3 + (i % 4), size_m2: 82.5 + 11 * i, near: "school, tram, park",
      details: { heating: { kind: "wood", year: 2011 }, garden: true, floors: [{ n: 0, rooms: 3 }, { n: 1, rooms: 2 }] },
    })),
  },
  plain: {
    task: "text",
    target: "Say it in plain words",
    classes: [],
    sides: ["text"],
    display: { text: "text" },
    items: [{ text: "Subsequent to the cessation of precipitation, pedestrians may resume utilization of the walkway." }, ...tickets.slice(0, 5).map((text) => ({ text }))],
  },
  agent: {
    task: "review",
    target: "Did the agent do what was asked?",
    classes: ["correct", "partly", "wrong"],
    display: { trace: "trace" },
    items: Array.from({ length: 5 }, () => ({ trace })),
  },
};
