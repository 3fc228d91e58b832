defmodule Chat.MixProject do
  use Mix.Project

  @version "0.3.0"

  def project do
    [
      app: :chat_web,
      version: @version,
      deps: deps()
    ]
  end

  defp deps do
    [
      {:web, "~> 1.7"},
      {:older, "~> 0.2", hex: :older_name, override: true},
      {:checks, "~> 1.7", only: [:dev, :test], runtime: false},
      {:private, "~> 2.0", organization: "acme", only: :prod},
      {:castle, "~> 1.0", optional: true}
    ]
  end
end
