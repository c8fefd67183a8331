"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const state = { language: data.language, weights: data.criteria.map((c) => c.weight), chosen: null, search: "", shown: 0 };
  const texts = () => data.texts[state.language];
  const titleOf = (item) => item[state.language] || item.zh;
  const placeById = new Map(data.places.map((place) => [place[0], place]));
  const anyHomes = data.parcels.some((parcel) => parcel.homes !== null);
  const ROWS_A_STEP = 200, MANY_PLACES = 500, MANY_UNITS = 20;

  function make(tag, options, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(options || {})) {
      if (key === "text") element.textContent = value;
      else if (key === "class") element.className = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  // The same sum in the same order as siting.score.combine, so that both give the same bits.
  function score(parcel) {
    if (parcel.status !== "ok" && parcel.status !== "gate") return null;
    let total = 0, weights = 0;
    for (let i = 0; i < state.weights.length; i += 1) {
      if (state.weights[i] > 0) {
        if (parcel.values[i] === null) return null;
        total += state.weights[i] * parcel.values[i];
        weights += state.weights[i];
      }
    }
    return weights > 0 ? Math.floor((total / weights) * parcel.penalty * 1e9 + 0.5) / 1e9 : null;
  }

  function rerank() {
    for (const parcel of data.parcels) parcel.now = score(parcel);
    const order = [...data.parcels].sort((a, b) => (b.now ?? -1) - (a.now ?? -1) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    order.forEach((parcel, place) => {
      const before = order[place - 1];
      parcel.rankNow = parcel.now === null ? null : before && before.now === parcel.now ? before.rankNow : place + 1;
    });
    state.order = order;
  }

  const colourOf = (value) => value === null ? data.unscored : (data.steps.find((step) => value <= step[0]) || data.steps[data.steps.length - 1])[1];
  const number = (value, digits) => value === null || value === undefined ? "—" : value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: 0 });
  const measured = (value) => number(value, Math.abs(value) >= 100 ? 0 : 1);
  const nameOf = (parcel) => parcel.name || (parcel.origin && parcel.area ? `${texts().kinds[parcel.origin] || parcel.origin} ${(parcel.area / 10000).toFixed(1)} ha` : parcel.id);
  const remote = (parcel) => "remote" in parcel.flags;
  const statusOf = (parcel) => texts().status[parcel.status];

  // ---- map
  const map = L.map("map", { preferCanvas: true, zoomControl: true, zoomSnap: 0.5, minZoom: 5, maxZoom: 19 });
  map.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(map);
  ["areas", "units", "roads", "places", "parcels", "spokes"].forEach((name, index) => { map.createPane(name).style.zIndex = 310 + index * 20; });
  // one canvas a pane would swallow the clicks of those below: only the parcels listen
  for (const name of ["areas", "units", "roads", "places", "spokes"]) map.getPane(name).style.pointerEvents = "none";
  const renderers = Object.fromEntries(["areas", "units", "roads", "places", "parcels", "spokes"].map((name) => [name, L.canvas({ pane: name, padding: 0.3 })]));

  function decoded(steps, scale) {
    const points = [];
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) { x += steps[i]; y += steps[i + 1]; points.push([y / scale, x / scale]); }
    return points;
  }
  const AREA_STYLES = { water: ["#a9cfe8", 0.9], green: ["#cfe3c0", 0.75], built: ["#e7e0d6", 0.7], rail: ["#8a8f98", 0.9] };
  for (const area of data.areas) {
    const [colour, opacity] = AREA_STYLES[area.kind] || ["#dddddd", 0.5];
    const style = { pane: "areas", renderer: renderers.areas, stroke: false, fillColor: colour, fillOpacity: opacity, interactive: false };
    L.polygon(area.polygons.map((rings) => rings.map((ring) => decoded(ring, data.scale))), style).addTo(map);
    const line = { pane: "areas", renderer: renderers.areas, color: colour, weight: 2, interactive: false, dashArray: area.kind === "rail" ? "6 4" : null };
    L.polyline(area.lines.map((steps) => decoded(steps, data.scale)), line).addTo(map);
  }
  for (const unit of data.units) {
    L.polygon(unit.rings.map((ring) => decoded(ring, data.scale)), { pane: "units", renderer: renderers.units, color: "#7b6a9a", weight: 1.4, dashArray: "7 4", fill: false, interactive: false }).addTo(map);
    const label = make("span", { class: "unit-label", text: unit.name });
    L.marker(unit.label, { pane: "units", icon: L.divIcon({ className: "", html: label, iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(map);
  }
  const roads = [...data.roads].sort((a, b) => a.width - b.width);
  const roadLayers = roads.map((road) => [road, L.polyline(road.lines.map((steps) => decoded(steps, data.scale)), { pane: "roads", renderer: renderers.roads, color: road.width >= 2.2 ? "#b9a27e" : "#b5b8bd", weight: road.width, interactive: false }).addTo(map)]);
  const kindColours = { kindergarten: "#e377c2", primary: "#d6569e", school: "#d6569e", junior_high: "#a8327d", senior_high: "#a8327d", hospital: "#c1121f", health_centre: "#c1121f", clinic: "#e8505b", pharmacy: "#e8505b", market: "#f08c00", convenience: "#f5b14c", bus_stop: "#1971c2", station: "#0b4f8a", park: "#2b8a3e", government: "#845ef7", workplace: "#5c677d" };
  const placeGroups = new Map();
  const groupOf = (kind) => {
    if (!placeGroups.has(kind)) placeGroups.set(kind, L.layerGroup().addTo(map));
    return placeGroups.get(kind);
  };
  for (const place of data.places) {
    const isWork = place[1] === "workplace";
    const radius = isWork ? Math.min(9, 1.2 + Math.sqrt(place[5] || 1) / 5) : 3;
    L.circleMarker([place[3], place[4]], { pane: "places", renderer: renderers.places, radius, stroke: !isWork, weight: 1, color: "#ffffff", fillColor: kindColours[place[1]] || "#868e96", fillOpacity: isWork ? 0.28 : 0.95, interactive: false }).addTo(groupOf(place[1]));
  }
  const shapes = new Map();
  for (const parcel of data.parcels) {
    const coded = data.shapes[parcel.id];
    if (!coded) continue;
    const shape = L.polygon(coded.map((rings) => rings.map((ring) => decoded(ring, data.scale * 10))), { pane: "parcels", renderer: renderers.parcels });
    shape.on("click", () => choose(parcel, false));
    shape.bindTooltip(() => make("span", { text: `${parcel.rankNow === null ? statusOf(parcel) : "#" + parcel.rankNow} ${nameOf(parcel)}` }), { sticky: true });
    shape.addTo(map);
    shapes.set(parcel.id, shape);
  }
  const everything = L.featureGroup([...shapes.values()]);
  const spokes = L.layerGroup().addTo(map);
  // the view opens where most parcels lie: a regiment 170 km out must not shrink the town to a dot
  function fitMost() {
    const centres = [...shapes.values()].map((shape) => shape.getBounds().getCenter());
    if (!centres.length) { map.setView([0, 0], 2); return; }
    const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
    const centre = L.latLng(middle(centres.map((c) => c.lat)), middle(centres.map((c) => c.lng)));
    const distances = centres.map((c) => c.distanceTo(centre)).sort((a, b) => a - b);
    const reach = distances[Math.floor((distances.length - 1) * 0.9)] * 1.3 + 500;
    const near = [...shapes.values()].filter((shape) => shape.getBounds().getCenter().distanceTo(centre) <= reach);
    map.fitBounds(L.featureGroup(near).getBounds().pad(0.08));
  }
  const Fit = L.Control.extend({ onAdd() {
    const box = make("div", { class: "leaflet-bar" });
    const button = make("button", { class: "north", id: "fit", type: "button" });
    L.DomEvent.disableClickPropagation(box);
    button.addEventListener("click", () => map.fitBounds(everything.getBounds().pad(0.05)));
    box.append(button);
    return box;
  } });
  map.addControl(new Fit({ position: "topleft" }));
  const North = L.Control.extend({ onAdd: () => make("div", { class: "north", text: "N ↑" }) });
  map.addControl(new North({ position: "topleft" }));
  function widths() {
    const zoom = map.getZoom();
    const factor = Math.max(0.45, Math.min(3, 2 ** ((zoom - 13) / 2)));
    // hundreds of stops or labels on one screen hide the parcels: they appear as one comes nearer
    for (const group of placeGroups.values()) if (group.getLayers().length > MANY_PLACES) (zoom < 13.5 ? map.removeLayer(group) : map.addLayer(group));
    map.getContainer().classList.toggle("far", data.units.length > MANY_UNITS && zoom < 13);
    for (const [road, layer] of roadLayers) layer.setStyle({ weight: road.width * factor, opacity: zoom < 11 && road.width < 1.6 ? 0 : 0.9 });
  }
  map.on("zoomend", widths);

  function paint() {
    for (const parcel of data.parcels) {
      const shape = shapes.get(parcel.id);
      if (!shape) continue;
      const chosen = state.chosen === parcel;
      shape.setStyle({
        color: chosen ? "#000000" : remote(parcel) ? "#c1121f" : "#333333",
        weight: chosen ? 4 : remote(parcel) ? 2.4 : 1.2,
        dashArray: parcel.now === null ? "4 4" : remote(parcel) && !chosen ? "7 4" : null,
        fillColor: colourOf(parcel.now), fillOpacity: parcel.now === null ? 0.55 : 0.85,
      });
    }
  }

  // ---- table
  function rowOf(parcel) {
    const row = make("tr", { tabindex: "0", "data-id": parcel.id, class: (parcel.now === null ? "unranked" : "") + (state.chosen === parcel ? " chosen" : "") });
    const rank = make("td", { class: "number", text: parcel.rankNow === null ? "—" : String(parcel.rankNow) });
    if (parcel.rankNow !== parcel.rank && parcel.rank !== null) rank.append(make("div", { class: "moved", text: `(${parcel.rank})`, title: texts().stated }));
    const name = make("td", {}, make("div", { text: nameOf(parcel) }), make("div", { class: "moved", text: [parcel.id, parcel.unit].filter(Boolean).join(" · ") }));
    for (const flag of Object.values(parcel.flags)) name.append(make("span", { class: "flag", text: flag["title_" + state.language], title: flag["why_" + state.language] }));
    const swatch = make("span", { class: "swatch" });
    swatch.style.background = colourOf(parcel.now);
    const value = make("td", { class: "number" }, swatch, parcel.now === null ? statusOf(parcel) : parcel.now.toFixed(3));
    row.append(rank, name, ...(anyHomes ? [make("td", { class: "number", text: number(parcel.homes, 0) })] : []), value);
    row.addEventListener("click", () => choose(parcel, true));
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(parcel, true); });
    return row;
  }
  const matching = () => {
    const wanted = state.search.trim().toLowerCase();
    return wanted ? state.order.filter((p) => `${p.id} ${p.name} ${p.unit}`.toLowerCase().includes(wanted)) : state.order;
  };
  function moreRows() {
    const rows = matching().slice(state.shown, state.shown + ROWS_A_STEP);
    byId("table").tBodies[0].append(...rows.map(rowOf));
    state.shown += rows.length;
  }
  function fillTable() {
    const t = texts();
    const heads = [[t.rank, "number"], [t.parcel, ""], ...(anyHomes ? [[t.homes, "number"]] : []), [t.score, "number"]];
    byId("table").tHead.replaceChildren(make("tr", {}, ...heads.map(([words, css]) => make("th", { class: css, scope: "col", text: words }))));
    const wanted = Math.max(ROWS_A_STEP, state.shown);
    state.shown = 0;
    byId("table").tBodies[0].replaceChildren();
    while (state.shown < Math.min(wanted, matching().length)) moreRows();
  }
  byId("scroll").addEventListener("scroll", (event) => {
    const box = event.target;
    if (box.scrollTop + box.clientHeight > box.scrollHeight - 300 && state.shown < matching().length) moreRows();
  });

  // ---- card
  const evidence = (marks) => marks.split("/").map((mark) => texts().word["evidence_" + mark]).join(" / ");

  function criterionOf(parcel, i) {
    const t = texts(), criterion = data.criteria[i], value = parcel.raw[i];
    const unit = criterion["unit_" + state.language];
    const shown = parcel.beyond[i] ? t.beyond.replace("{cutoff}", criterion.cutoff) : value === null ? "—" : measured(value) + unit;
    const head = make("span", { text: titleOf(criterion) });
    if (criterion.estimated) head.append(make("span", { class: "estimated", text: t.estimated }));
    const bar = make("i");
    bar.style.width = `${100 * (parcel.values[i] ?? 0)}%`;
    const [, name, kind] = parcel.place[i];
    const where = name || (kind ? t.kinds[kind] || kind : "");
    const small = [where, criterion.mode ? t.mode[criterion.mode] : "", parcel.season[i] ? t.season[parcel.season[i]] : "", `${t.points} ${number(criterion.worst, 1)} → ${number(criterion.best, 1)}`, `${t.weight} ${number(state.weights[i], 2)}`];
    const source = `${t.source}: ${criterion.source || "—"} (${evidence(criterion.evidence)})`;
    return make("div", { class: "criterion" }, make("div", { class: "top" }, head, make("b", { text: shown })), make("div", { class: "bar" }, bar),
      make("small", { text: small.filter(Boolean).join(" · ") }), make("small", { text: source }));
  }
  function fillCard() {
    const card = byId("card"), parcel = state.chosen, t = texts();
    card.hidden = !parcel;
    if (!parcel) return;
    const close = make("button", { class: "close", type: "button", "aria-label": t.close, text: "×" });
    close.addEventListener("click", () => choose(null, false));
    const facts = [[t.rank, parcel.rankNow === null ? "—" : `${parcel.rankNow}`], [t.score, parcel.now === null ? "—" : parcel.now.toFixed(3)], [t.status_word, statusOf(parcel)], [t.unit, parcel.unit || "—"],
      [t.origin, t.kinds[parcel.origin] || parcel.origin || "—"], [t.area, parcel.area === null ? "—" : `${number(parcel.area, 0)} m²`], [t.homes, number(parcel.homes, 0)]];
    if (parcel.penalty !== 1) facts.push([t.penalty, "× " + number(parcel.penalty, 3)]);
    const list = make("dl", {}, ...facts.flatMap(([term, fact]) => [make("dt", { text: term }), make("dd", { text: fact })]));
    const parts = [close, make("h2", { text: nameOf(parcel) }), make("small", { class: "moved", text: parcel.id }), list];
    const flags = Object.values(parcel.flags);
    if (flags.length) parts.push(make("h3", { text: t.flags }), make("ul", { class: "plain" }, ...flags.map((flag) => make("li", {}, make("span", { class: "flag", text: flag["title_" + state.language] }),
      ` ${flag["why_" + state.language]} (${evidence(flag.evidence)})`))));
    const reasons = parcel.reasons[state.language];
    if (reasons.length) parts.push(make("h3", { text: t.reasons }), make("ul", { class: "plain" }, ...reasons.map((reason) => make("li", { text: reason }))));
    parts.push(make("h3", { text: t.value }), ...data.criteria.map((_, i) => criterionOf(parcel, i)));
    card.replaceChildren(...parts);
  }
  function drawSpokes() {
    spokes.clearLayers();
    const shape = state.chosen && shapes.get(state.chosen.id);
    if (!shape) return;
    const middle = shape.getBounds().getCenter();
    const entrances = state.chosen.entrances.map((points) => points.map(([lon, lat]) => L.latLng(lat, lon)));
    const marks = new Map(entrances.flat().map((at) => [String(at), at]));
    marks.forEach((at) => spokes.addLayer(L.circleMarker(at, { pane: "spokes", renderer: renderers.spokes, radius: 4, color: "#111111", weight: 2, fillColor: "#ffffff", fillOpacity: 1, interactive: false })));
    state.chosen.place.forEach(([id, name, kind], i) => {
      const place = id && placeById.get(id);
      const goal = place && L.latLng(place[3], place[4]);
      const centre = goal && entrances[i].reduce((best, at) => (at.distanceTo(goal) < best.distanceTo(goal) ? at : best), entrances[i][0] || middle);
      if (!place) return;
      const end = [place[3], place[4]];
      spokes.addLayer(L.polyline([centre, end], { pane: "spokes", renderer: renderers.spokes, color: "#111111", weight: 1.3, dashArray: "3 4", interactive: false }));
      spokes.addLayer(L.circleMarker(end, { pane: "spokes", renderer: renderers.spokes, radius: 6, color: "#111111", weight: 1.6, fillColor: kindColours[kind] || "#868e96", fillOpacity: 1, interactive: false }));
    });
  }
  function choose(parcel, move) {
    state.chosen = parcel;
    const shape = parcel && shapes.get(parcel.id);
    if (shape && move) {
      const zoom = Math.max(map.getZoom(), 13.5), hidden = window.innerWidth > 900 ? 195 : 0;
      map.setView(map.unproject(map.project(shape.getBounds().getCenter(), zoom).add([hidden, 0]), zoom), zoom);
    }
    for (const row of byId("table").tBodies[0].rows) {
      const chosen = parcel !== null && row.dataset.id === parcel.id;
      row.classList.toggle("chosen", chosen);
      if (chosen && !move) row.scrollIntoView({ block: "nearest" });
    }
    paint(); fillCard(); drawSpokes();
  }

  // ---- weights, words
  function fillSliders() {
    const largest = Math.max(10, ...data.criteria.map((c) => c.weight));
    byId("sliders").replaceChildren(...data.criteria.map((criterion, i) => {
      const id = `weight-${i}`;
      const label = make("label", { for: id, text: titleOf(criterion) });
      if (criterion.estimated) label.append(make("span", { class: "estimated", text: texts().estimated }));
      const slider = make("input", { id, type: "range", min: "0", max: String(largest), step: "any", "data-name": criterion.name });
      slider.step = "0.1";
      slider.value = state.weights[i];
      const output = make("output", { for: id, text: number(state.weights[i], 2) });
      slider.addEventListener("input", () => { state.weights[i] = Number(slider.value); output.textContent = number(state.weights[i], 2); refresh(); });
      return make("div", { class: "slider" }, label, slider, output);
    }));
  }
  function fillLegend() {
    const t = texts(), rows = [];
    let from = 0;
    for (const [bound, colour] of data.steps) { rows.push([colour, `${from} – ${bound}`, null]); from = bound; }
    rows.push([data.unscored, t.excluded, "1px dashed #555"], ["transparent", t.remote, "2px dashed #c1121f"]);
    const kinds = [...new Set(data.places.map((place) => place[1]))].filter((kind) => kindColours[kind]);
    const dots = kinds.map((kind) => {
      const dot = make("span", { class: "swatch dot" });
      dot.style.background = kindColours[kind];
      return make("span", { class: "key" }, dot, t.kinds[kind] || kind);
    });
    byId("legend").replaceChildren(make("b", { text: t.legend }), ...rows.map(([colour, words, border]) => {
      const swatch = make("span", { class: "swatch" });
      swatch.style.background = colour;
      if (border) swatch.style.border = border;
      return make("div", {}, swatch, words);
    }), make("details", {}, make("summary", { text: t.services }), make("div", { class: "keys" }, ...dots, make("span", { class: "key" }, make("span", { class: "swatch dot" }), t.entrance))));
  }
  function fillWords() {
    const t = texts();
    document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
    byId("title").textContent = data.title;
    byId("date").textContent = data.date || "";
    byId("internal").textContent = t.internal;
    byId("language").textContent = t.language;
    byId("weights-title").textContent = t.weights;
    byId("reset").textContent = t.reset;
    byId("zero").textContent = t.zero;
    byId("search").placeholder = t.search;
    byId("search").setAttribute("aria-label", t.search);
    byId("map").setAttribute("aria-label", t.offline);
    byId("fit").textContent = t.fit;
    const ranked = data.parcels.filter((parcel) => parcel.rank !== null).length;
    byId("count").textContent = t.count.replace("{ranked}", ranked).replace("{count}", data.parcels.length);
    map.attributionControl.getContainer().textContent = [t.offline, ...data.credits].join(" · ");
    fillLegend();
  }
  function refresh() {
    byId("zero").hidden = state.weights.some((weight) => weight > 0);
    rerank(); paint(); fillTable(); fillCard();
  }
  byId("language").addEventListener("click", () => { state.language = state.language === "zh" ? "en" : "zh"; fillWords(); fillSliders(); refresh(); });
  byId("reset").addEventListener("click", (event) => { event.preventDefault(); state.weights = data.criteria.map((c) => c.weight); fillSliders(); refresh(); });
  byId("search").addEventListener("input", (event) => { state.search = event.target.value; state.shown = 0; fillTable(); });
  fillWords(); fillSliders(); refresh(); fitMost(); widths();
}());
