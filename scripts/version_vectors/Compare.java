// Maven: ComparableVersion of maven-artifact. The lines are as in compare.mjs. Argument: the version of maven-artifact.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.maven.artifact.versioning.ComparableVersion;

public class Compare {
    public static void main(String[] args) throws Exception {
        System.out.println("maven-artifact " + args[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            String[] pair = line.split(" ");
            int sign = new ComparableVersion(pair[0]).compareTo(new ComparableVersion(pair[1]));
            System.out.println(sign < 0 ? "<" : sign > 0 ? ">" : "=");
        }
    }
}
