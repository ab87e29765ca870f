// line 1
// line 2
// ANCHOR: run
fn run() {
    // ANCHOR: inner
    pump();
    // ANCHOR_END: inner
}
// ANCHOR_END: run
fn main() {}
