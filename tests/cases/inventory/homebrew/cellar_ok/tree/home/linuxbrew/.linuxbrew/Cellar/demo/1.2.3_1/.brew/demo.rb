class Demo < Formula
  desc "Demonstration of \"quoted\" words"
  homepage "https://demo.example/"
  url "https://demo.example/demo-1.2.3.tar.gz"
  mirror "https://mirror.example/demo-1.2.3.tar.gz"
  sha256 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
  license all_of: [
    "MIT",
    "Apache-2.0",
  ]

  bottle do
    sha256 cellar: :any, arm64_sonoma: "0000000000000000000000000000000000000000000000000000000000000000"
  end

  depends_on "openssl@3"

  resource "other" do
    url "https://demo.example/other.tar.gz"
    sha256 "1111111111111111111111111111111111111111111111111111111111111111"
  end
end
