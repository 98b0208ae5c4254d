// Sorting, searching and copying. The page is complete without it.
(function () {
  "use strict";
  document.querySelectorAll(".copy").forEach(function (button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.previousElementSibling.textContent).then(function () {
        button.textContent = "Copied";
      });
    });
  });

  var table = document.getElementById("delta-table");
  if (!table) return;
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
  var text = rows.map(function (row) { return row.textContent.toLowerCase(); });
  var find = document.getElementById("find");
  var found = document.getElementById("found");
  document.querySelector(".search").hidden = false;
  find.addEventListener("input", function () {
    var words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    var n = 0;
    rows.forEach(function (row, i) {
      var shown = words.every(function (word) { return text[i].indexOf(word) >= 0; });
      row.hidden = !shown;
      if (shown) n += 1;
    });
    found.textContent = words.length ? n + " of " + rows.length + " rows" : "";
  });

  function key(row, column) {
    var words = row.cells[column].textContent.trim();
    var number = parseFloat(words.replace(/\u2212/g, "-").replace(/^[+\u00b1]/, ""));
    return { words: words, number: /^[+\u00b1\u2212\d]/.test(words) && !isNaN(number) ? number : null };
  }
  function compare(a, b) {
    if (a.number !== null && b.number !== null) return a.number - b.number;
    return a.words < b.words ? -1 : a.words > b.words ? 1 : 0;
  }
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var up = head.getAttribute("aria-sort") !== "ascending";
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) {
        other.removeAttribute("aria-sort");
      });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      rows
        .map(function (row, i) { return { row: row, place: i, key: key(row, column) }; })
        .sort(function (a, b) {
          if (!a.key.words !== !b.key.words) return a.key.words ? -1 : 1; // empty cells stay below
          return (up ? 1 : -1) * compare(a.key, b.key) || a.place - b.place;
        })
        .forEach(function (entry) { body.appendChild(entry.row); });
    });
  });
})();
