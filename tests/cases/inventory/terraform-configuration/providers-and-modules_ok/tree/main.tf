terraform {
  required_version = ">= 1.5"
  required_providers {
    local = {
      source  = "tf.example.com/hashicorp/local"
      version = "~> 2.4"
    }
    aws = ">= 5.0, < 6.0" # legacy
  }
}
/* modules
*/
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.1.2"
  name = "x-${var.a["b"]}-y"
  list = [for x in var.z : x.id if x > 1]
  m    = merge({ a = 1 }, var.tags)
}
module "local" { source = "./modules/net" }
module "git" {
  source = "git::https://git.example/vpc.git//sub?ref=v1.2.0"
  doc = <<-EOT
    module "no" {
  EOT
}
output "x" { value = var.y == null ? "a" : "b" }

module "hub" {
  source = "github.com/acme/terraform-net?ref=v2.0.1"
}

module "hub_sub" {
  source = "git::ssh://git@github.com/acme/Infra.git//modules/db?ref=3f2a1b"
}

module "private" {
  source  = "tf.example.com/acme/net/aws//sub"
  version = ">= 1.2"
}

module "archive" {
  source = "https://files.example/net.zip"
}
