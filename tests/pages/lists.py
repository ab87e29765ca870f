"""Pages that list entries, in words of our own."""

from __future__ import annotations

NEWS = """<html lang=en><head><title>Village news</title></head><body>
<nav><a href=/>The first page of it all</a> <a href=/about>Who we are and why</a>
<a href=/write>Write a letter to us</a> <a href=/help>Help us with money</a></nav>
<main>
<article class="post odd"><h2><a href=bridge>The bridge is open<br>again</a></h2>
<time datetime=2026-03-02T08:00Z>Monday</time><p>Cars may <a href=/map>cross it</a>.</article>
<article class="post even"><a href=market><img src=m.png></a><h2><a href=market>A market on
every Saturday</a></h2><time datetime=2026-03-01>Sunday</time></article>
<article class="post odd"><h2><a href=/roof>The school gets a new roof</a></h2>
<p>Nobody knows when.</article></main>
<footer><a href=/terms>What you may do with it</a> <a href=/data>What we know of you</a>
<a href=/old>All that was written before</a></footer></body></html>"""

TABLE = """<html><title>Minutes</title><body><table><tr><td><a href=/>Home</a></table>
<table id=minutes><tr><th>Date<th>What
<tr><td>3 March 2026<td><a href=/m/3.pdf>Minutes of the meeting on roads</a>
<tr><td>2 February 2026<td><a href=/m/2.pdf>Minutes of the meeting on trees</a>
<tr><td>1 January 2026<td><a href=/m/1.pdf>Minutes of the meeting on water</a>
</table></body></html>"""

CARDS = """<html><title>Notes</title><body><div class=cards>
<a class=card href=/one><h3>How we painted the boat</h3><span class=day>5 May 2026</span></a>
<a class=card href=/two><h3>Why the old mill stands still</h3><span class=day>4 May 2026</span></a>
<a class=card href=/three><h3>What the lake had to say</h3><span class=day>May</span></a>
</div><div class=tags><a href=/tag/boats>All notes on boats</a><a href=/tag/mills>All notes on
mills</a><a href=/tag/lakes>All notes on lakes</a></div></body></html>"""

MORE = """<html><title>Diary</title><body><div id=diary>
<div><h3>We went up the hill</h3><p>It rained.</p><a href=/d/1>Read more</a></div>
<div><h3>We came down again</h3><p>It still rained.</p><a href=/d/2>Read more</a></div>
<div><h3>We stayed at home</h3><p>The sun shone.</p><a href=/d/3>Read more</a></div>
</div></body></html>"""

NOTHING = (
    "<html><title>One</title><body><p>A page of words with <a href=/x>a link</a>.</body></html>"
)
