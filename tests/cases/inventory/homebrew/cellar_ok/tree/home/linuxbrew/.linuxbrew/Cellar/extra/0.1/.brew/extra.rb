class Extra < Formula
  license any_of: ["GPL-2.0-only", :public_domain]
end
