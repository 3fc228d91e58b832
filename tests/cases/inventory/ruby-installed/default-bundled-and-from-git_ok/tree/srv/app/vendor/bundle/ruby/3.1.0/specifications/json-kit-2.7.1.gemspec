# -*- encoding: utf-8 -*-
# stub: json-kit 2.7.1 ruby lib

Gem::Specification.new do |s|
  s.name = "json-kit".freeze
  s.version = "2.7.1"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "source_code_uri" => "https://git.example/json-kit" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jane Doe".freeze]
  s.date = "2024-05-06"
  s.description = "Long\ntext\n  s.name = \"fake\"\n".freeze
  s.homepage = "https://json-kit.example".freeze
  s.licenses = ["Ruby".freeze, "BSD-2-Clause".freeze]
  s.rubygems_version = "3.3.15".freeze
  s.summary = "The json-kit library: \"quotes\", #hash".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
