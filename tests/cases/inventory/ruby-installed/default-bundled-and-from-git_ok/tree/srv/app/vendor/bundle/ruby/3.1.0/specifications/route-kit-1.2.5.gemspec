# -*- encoding: utf-8 -*-
# stub: route-kit 1.2.5 ruby lib

Gem::Specification.new do |s|
  s.name = "route-kit".freeze
  s.version = "1.2.5"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "source_code_uri" => "https://git.example/route-kit" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jane Doe".freeze]
  s.date = "2024-05-06"
  s.description = "Long\ntext\n  s.name = \"fake\"\n".freeze
  s.homepage = "https://route-kit.example".freeze
  s.licenses = ["MIT".freeze]
  s.rubygems_version = "3.3.15".freeze
  s.summary = "The route-kit library: \"quotes\", #hash".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version

  if s.respond_to? :specification_version then
    s.specification_version = 4
  end

  if s.respond_to? :add_runtime_dependency then
    s.add_runtime_dependency(%q<native-kit>.freeze, [">= 1.0.a"])
  else
    s.add_dependency(%q<native-kit>.freeze, [">= 1.0.a"])
  end
end
