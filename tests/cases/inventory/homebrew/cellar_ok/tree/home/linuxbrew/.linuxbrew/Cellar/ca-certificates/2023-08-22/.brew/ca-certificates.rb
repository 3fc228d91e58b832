class CaCertificates < Formula
  license "MPL-2.0" => { with: "Classpath-exception-2.0" }
end
