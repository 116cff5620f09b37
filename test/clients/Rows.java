import ietf.params.xml.ns.sppf.base._1.TNType;
import ietf.params.xml.ns.sppf.soap._1.*;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.bind.JAXBElement;
import server.sppp.detail._1.FailureType;

/**
 * Adds the numbers of a CSV file, {@code number,destination group} in each row, and prints the failed rows and their reasons.
 *
 * <p>Usage: java Rows http://host:port username password numbers.csv [rows at once]
 */
public class Rows {
    private static final Pattern FIELD = Pattern.compile("(\"(?:[^\"]|\"\")*\"|[^,]*)(?:,|$)");

    public static void main(String[] arguments) throws Exception {
        String server = arguments[0], username = arguments[1], password = arguments[2];
        int atOnce = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 2000;
        Authenticator.setDefault(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(username, password.toCharArray());
            }
        });
        SpppPortType port = new SpppService(new URL(server + "/sppp/partial?wsdl")).getSpppPort();

        List<String> lines = Files.readAllLines(Path.of(arguments[3]));
        // Rows are counted by line, from 1; a heading and blank lines are none.
        List<Integer> rows = new ArrayList<>();
        for (int row = 1; row <= lines.size(); row++) {
            String line = lines.get(row - 1);
            if (!line.isBlank() && !line.startsWith("number,")) rows.add(row);
        }
        for (int start = 0; start < rows.size(); start += atOnce) {
            List<Integer> some = rows.subList(start, Math.min(start + atOnce, rows.size()));
            SpppAddRequest request = new SpppAddRequest();
            some.forEach(row -> request.getObj().add(number(fieldsOf(lines.get(row - 1)))));
            SpppAddResponse answer = port.submitAddRqst(request);
            ResultCodeType result = answer.getOverallResult();
            if (result.getCode() != 1000 && result.getCode() != 2100) {
                throw new IllegalStateException("row " + some.get(0) + " and on: " + result.getCode() + " " + result.getMsg());
            }
            for (ObjResultCodeType detail : answer.getDetailResult()) {
                if (detail.getCode() == 1000) continue;
                FailureType failure = failureOf(detail);
                int row = some.get(failure.getIndex() - 1);
                System.out.println(Stream.of(row, detail.getCode(), failure.getAttrName(), failure.getAttrVal())
                    .map(each -> quoted(each.toString())).collect(Collectors.joining(",")));
            }
        }
    }

    /** The server's element is the last one in the inherited ext of each object that failed. */
    private static FailureType failureOf(ObjResultCodeType detail) {
        List<Object> ext = detail.getObj().getInheritedExt().getAny();
        return (FailureType) ((JAXBElement<?>) ext.get(ext.size() - 1)).getValue();
    }

    private static TNType number(List<String> fields) {
        TNType number = new TNType();
        number.setRant("iana-en:222");
        number.setRar("iana-en:223");
        number.setTn(fields.get(0));
        if (fields.size() > 1 && !fields.get(1).isEmpty()) number.getDgName().add(fields.get(1));
        return number;
    }

    /** Fields of a line, in quotes or not; a file with line breaks inside of quotes needs more than this. */
    private static List<String> fieldsOf(String line) {
        return FIELD.matcher(line).results()
            .map(found -> found.group(1).replaceAll("^\"(.*)\"$", "$1").replace("\"\"", "\"")).collect(Collectors.toList());
    }

    private static String quoted(String field) {
        return field.matches("(?s).*[\",\r\n].*") ? '"' + field.replace("\"", "\"\"") + '"' : field;
    }
}
