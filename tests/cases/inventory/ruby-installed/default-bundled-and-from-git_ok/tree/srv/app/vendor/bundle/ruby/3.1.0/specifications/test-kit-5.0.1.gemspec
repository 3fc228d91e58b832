# -*- encoding: utf-8 -*-
# stub: test-kit 5.0.1 ruby lib

Gem::Specification.new do |s|
  s.name = "test-kit".freeze
  s.version = "5.0.1"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "source_code_uri" => "https://git.example/test-kit" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Jane Doe".freeze]
  s.date = "2024-05-06"
  s.description = "Long\ntext\n  s.name = \"fake\"\n".freeze
  s.homepage = "https://test-kit.example".freeze
  s.licenses = ["Apache License, Version 2.0".freeze]
  s.rubygems_version = "3.3.15".freeze
  s.summary = "The test-kit library: \"quotes\", #hash".freeze

  s.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version
end
