plugins {
    java
    alias(libs.plugins.boot)
}

dependencies {
    implementation(libs.guava)
    implementation(platform("com.example.bom:stack:5"))
    implementation(libs.bundles.logging)
    // implementation("com.example:commented-out:1")
    compileOnly("org.projectlombok:lombok:1.18.30")
    annotationProcessor("org.projectlombok:lombok:1.18.30")
    testImplementation("junit:junit:4.13.2")
    runtimeOnly(group = "org.postgresql", name = "postgresql")
}
