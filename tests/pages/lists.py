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

CELLS = """<html><title>Rulings</title><body><table class=rulings><tbody>
<tr><td>3 March 2026</td><td>The miller against the lake</td><td><a href=/r/3>PDF</a></td></tr>
<tr><td>2 March 2026</td><td>The lake against the town</td><td><a href=/r/2>PDF</a></td></tr>
<tr><td>1 March 2026</td><td>The town against the mill</td><td><a href=/r/1>PDF</a></td></tr>
</tbody></table></body></html>"""

TIMES = """<html><title>Talk</title><body><ul>
<li><a href=/by/1>Anna</a> <a href=/t/1>Who has seen the boat?</a> <a href=/t/1#9>6 minutes ago</a>
<li><a href=/by/2>Emil</a> <a href=/t/2>The mill makes a noise</a> <a href=/t/2#3>7 minutes ago</a>
<li><a href=/by/3>Ida</a> <a href=/t/3>Where the town ends</a> <a href=/t/3#1>8 minutes ago</a>
</ul></body></html>"""

TEASERS = """<html><title>Stories</title><body><section>
<a href=/s/1><span class=kicker>Lake</span><div class=headline>The boat that came back</div><p>It
had been away for nine years, and nobody had asked for it, nor had anybody missed it.</p></a>
<a href=/s/2><span class=kicker>Town</span><div class=headline>The street without a name</div><p>On
some maps it is there, on others it is not; a walk along it, with somebody who lives there.</p></a>
<a href=/s/3><span class=kicker>Mill</span><div class=headline>What the miller reads</div><p>Three
shelves of books that are about water, and one that is about everything else there is.</p></a>
</section></body></html>"""
