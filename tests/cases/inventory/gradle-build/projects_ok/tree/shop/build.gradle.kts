/* Nothing in here counts:
   implementation("com.example:commented-out:1")
*/
version = "2.1.0"
val jacksonVersion = "2.15.3"

dependencies {
    implementation(project(":api"))
    implementation(libs.guava)
    implementation(libs.bundles.logging)
    implementation(platform("com.example:platform:5"))
    implementation("com.example:managed")
    implementation("com.fasterxml.jackson.core:jackson-databind:$jacksonVersion")
    runtimeOnly("io.netty:netty-codec:${property("nettyVersion")}")
    runtimeOnly("io.netty:netty-common:$nettyVersion")
    compileOnly("org.projectlombok:lombok:1.18.30")
    annotationProcessor("org.projectlombok:lombok:1.18.30")
    testImplementation("junit:junit:4.+") // the newest
}
tasks.named("check") { dependsOn("api:test") }
