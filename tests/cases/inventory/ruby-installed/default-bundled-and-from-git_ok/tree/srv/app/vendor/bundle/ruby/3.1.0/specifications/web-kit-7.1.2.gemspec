# -*- encoding: utf-8 -*-
# stub: web-kit 7.1.2 ruby lib

Gem::Specification.new do |s|
  s.name = "web-kit".freeze
  s.version = "7.1.2"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "source_code_uri" => "https://git.example/web-kit" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jane Doe".freeze, "Max Muster".freeze]
  s.date = "2024-05-06"
  s.description = "Long\ntext\n  s.name = \"fake\"\n".freeze
  s.homepage = "https://web-kit.example".freeze
  s.licenses = ["MIT".freeze]
  s.rubygems_version = "3.3.15".freeze
  s.summary = "The web-kit library: \"quotes\", #hash".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version

  if s.respond_to? :specification_version then
    s.specification_version = 4
  end

  if s.respond_to? :add_runtime_dependency then
    s.add_runtime_dependency(%q<json-kit>.freeze, [">= 2.0", "< 4"])
    s.add_runtime_dependency(%q<route-kit>.freeze, ["~> 1.2.0"])
    s.add_development_dependency(%q<test-kit>.freeze, ["~> 5"])
  else
    s.add_dependency(%q<json-kit>.freeze, [">= 2.0", "< 4"])
    s.add_dependency(%q<route-kit>.freeze, ["~> 1.2.0"])
    s.add_dependency(%q<test-kit>.freeze, ["~> 5"])
  end
end
