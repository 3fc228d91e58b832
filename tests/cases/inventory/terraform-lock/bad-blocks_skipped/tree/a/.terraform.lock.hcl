provider "registry.terraform.example/hashicorp/aws" {
}

provider "no address" {
  version = "1"
}

provider "hashicorp/random" {
  version = "3.6.0"
}
