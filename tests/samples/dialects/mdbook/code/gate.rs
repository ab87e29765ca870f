fn gate() {}
