# UNTRIED: it was never built; only its syntax is checked (nix-instantiate --parse).
# `python -m tools.recipes` fills in @VERSION@, @ADDRESS@ and @SHA256@ at a release.
#
#     nix-build --expr 'with import <nixpkgs> { }; callPackage ./package.nix { }'
#
# It takes the libraries of nixpkgs, whose versions may be others than those the program was tried
# with; what nixpkgs lacks must be packaged first.
{ lib, python3Packages, fetchurl }:

python3Packages.buildPythonApplication {
  pname = "rilo-reader";
  version = "@VERSION@";
  pyproject = true;

  src = fetchurl {
    url = "@ADDRESS@";
    sha256 = "@SHA256@";
  };

  build-system = [ python3Packages.hatchling ];

  dependencies = with python3Packages; [
    aiohttp
    chardet
    cssselect
    idna
    keyring
    lxml
    lxml-html-clean
    markdown-it-py
    mdit-py-plugins
    platformdirs
    pygments
    pyyaml
    rapidfuzz
    rich
    tantivy
    textual
    tomli-w
    trafilatura
    watchfiles
  ];

  pythonRelaxDeps = true;
  postInstall = "XDG_DATA_HOME=$out/share $out/bin/rilo-reader completion --install";
  pythonImportsCheck = [ "rilo_reader" ];

  meta = {
    description = "Terminal news reader over Markdown files that you own";
    license = lib.licenses.mit;
    mainProgram = "rilo-reader";
    platforms = lib.platforms.unix;
  };
}
