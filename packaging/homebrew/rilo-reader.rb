# UNTRIED: there is no Homebrew where this was written; only its syntax is checked (ruby -c).
# `python -m tools.recipes` fills in @VERSION@, @ADDRESS@ and @SHA256@ at a release.
#
# For a tap: libraries come as wheels from the package index while it is installed. Homebrew's own
# collection wants a `resource` for each, which `brew update-python-resources` writes.
class RiloReader < Formula
  include Language::Python::Virtualenv

  desc "Terminal news reader over Markdown files that you own"
  homepage "@ADDRESS@"
  url "@ADDRESS@"
  version "@VERSION@"
  sha256 "@SHA256@"
  license "MIT"

  depends_on "python@3.13"

  def install
    venv = virtualenv_create(libexec, "python3.13")
    system libexec/"bin/python", "-m", "ensurepip"
    system libexec/"bin/python", "-m", "pip", "install", "#{buildpath}[all]"
    bin.install_symlink Dir[libexec/"bin/rilo*"]
    with_env(XDG_DATA_HOME: share.to_s) { system bin/"rilo-reader", "completion", "--install" }
    venv
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/rilo-reader --version")
    assert_match "First steps", shell_output("#{bin}/rilo-reader list")
  end
end
