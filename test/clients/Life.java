import ietf.params.xml.ns.sppf.base._1.*;
import ietf.params.xml.ns.sppf.soap._1.*;
// Both packages have these.
import ietf.params.xml.ns.sppf.soap._1.ObjKeyType;
import ietf.params.xml.ns.sppf.soap._1.ObjectFactory;
import ietf.params.xml.ns.sppf.soap._1.PubIdKeyType;
import ietf.params.xml.ns.sppf.soap._1.SedGrpOfferKeyType;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.bind.JAXBElement;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.ws.BindingProvider;

/**
 * The life of a peering with JAX-WS, printed line by line on standard output.
 *
 * <p>Usage: [LOGINS=sppp-data/demo-logins] java Life http://host:port 1.1|1.2
 *
 * <p>LOGINS names a file with a user name and a password a line; without it, passwords are the user names.
 */
public class Life {
    private static final String SSP2 = "iana-en:222", SSP2_REGISTRAR = "iana-en:223", SSP3 = "iana-en:225";
    private static final ObjectFactory elements = new ObjectFactory();
    private static String server, version;
    private static Map<String, String> logins = Map.of();

    public static void main(String[] arguments) throws Exception {
        server = arguments[0];
        version = arguments[1];
        if (System.getenv("LOGINS") != null) {
            logins = Files.readAllLines(Path.of(System.getenv("LOGINS"))).stream().map(line -> line.split(" ", 2))
                .collect(Collectors.toMap(login -> login[0], login -> login[1]));
        }
        SpppPortType ssp2 = connect("ssp2r", "/sppp"), ssp3 = connect("ssp3", "/sppp");

        SpppServerStatusResponse status = ssp2.submitServerStatusRqst(new SpppServerStatusRequest());
        SvcMenuType menu = status.getSvcMenu();
        show("status", status.getOverallResult(), menu.getServerStatus().value(), String.join(" ", menu.getMajMinVersion()));

        // What SSP2 has

        DestGrpType group = ours(new DestGrpType());
        group.setDgName("DG_LIFE");
        show("add destination group", ssp2.submitAddRqst(add(group)));
        NAPTRType record = ours(new NAPTRType());
        record.setSedName("SED_LIFE");
        record.setIsInSvc(true);
        record.setOrder(10);
        record.setFlags("u");
        record.setSvcs("E2U+sip");
        record.setRegx(rule("^(.*)$", "sip:\\1@sbe1.ssp2.example"));
        show("add SED record", ssp2.submitAddRqst(add(record)));
        SedRecRefType reference = new SedRecRefType();
        reference.setSedKey(key(ObjKeyTypeEnum.SED_REC, "SED_LIFE", SSP2));
        reference.setPriority(100);
        SedGrpType sedGroup = ours(new SedGrpType());
        sedGroup.setSedGrpName("SG_LIFE");
        sedGroup.getSedRecRef().add(reference);
        sedGroup.getDgName().add("DG_LIFE");
        sedGroup.setIsInSvc(true);
        sedGroup.setPriority(10);
        show("add SED group", ssp2.submitAddRqst(add(sedGroup)));
        TNType claimed = number("+12025550100");
        claimed.setCorInfo(new CORInfoType());
        claimed.getCorInfo().setCorClaim(true);
        TNRType range = ours(new TNRType());
        range.getDgName().add("DG_LIFE");
        range.setRange(new NumberRangeType());
        range.getRange().setStartRange("+12025551000");
        range.getRange().setEndRange("+12025551999");
        show("add numbers", ssp2.submitAddRqst(add(claimed, range)));

        // The peering

        SedGrpOfferKeyType offerKey = new SedGrpOfferKeyType();
        offerKey.setSedGrpKey(key(ObjKeyTypeEnum.SED_GRP, "SG_LIFE", SSP2));
        offerKey.setOfferedTo(SSP3);
        SedGrpOfferType offer = ours(new SedGrpOfferType());
        offer.setSedGrpOfferKey(offerKey);
        offer.setStatus(SedGrpOfferStatusType.OFFERED);
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        offer.setOfferDateTime(DatatypeFactory.newInstance().newXMLGregorianCalendar(now));
        show("offer", ssp2.submitAddRqst(add(offer)));
        GetSedGrpOffersRequest open = new GetSedGrpOffersRequest();
        open.getOfferedTo().add(SSP3);
        open.setStatus(SedGrpOfferStatusType.OFFERED);
        SpppGetResponse answer = ssp3.submitGetSedGrpOffersRqst(open);
        show("the peer's open offers", answer.getOverallResult(), answer.getResultObj().stream()
            .map(each -> ((SedGrpOfferKeyType) ((SedGrpOfferType) each).getSedGrpOfferKey()).getSedGrpKey().getName())
            .collect(Collectors.joining(" ")));
        SpppAcceptRequest accept = new SpppAcceptRequest();
        accept.getSedGrpOfferKey().add(offerKey);
        show("the peer accepts", ssp3.submitAcceptRqst(accept).getOverallResult());
        answer = ssp3.submitGetRqst(get(key(ObjKeyTypeEnum.SED_GRP, "SG_LIFE", SSP2), reference.getSedKey()));
        SedGrpType sharedGroup = (SedGrpType) answer.getResultObj().get(0);
        NAPTRType sharedRecord = (NAPTRType) answer.getResultObj().get(1);
        show("the peer reads", answer.getOverallResult(), typeOf(sharedGroup), String.join(" ", sharedGroup.getPeeringOrg()),
            typeOf(sharedRecord), sharedRecord.getRegx().getRepl());
        EgrRteType route = new EgrRteType();
        route.setRant(SSP3);
        route.setRar(SSP3);
        route.setEgrRteName("ER_LIFE");
        route.setPref(50);
        route.setRegxRewriteRule(rule("^(.*@)(.*)$", "\\1\\2?route=egress.ssp3.example"));
        route.getIngrSedGrp().add(key(ObjKeyTypeEnum.SED_GRP, "SG_LIFE", SSP2));
        show("the peer's egress route", ssp3.submitAddRqst(add(route)));
        answer = ssp3.submitGetRqst(get(key(ObjKeyTypeEnum.EGR_RTE, "ER_LIFE", SSP3)));
        route = (EgrRteType) answer.getResultObj().get(0);
        show("the peer reads", answer.getOverallResult(), typeOf(route), ((ObjKeyType) route.getIngrSedGrp().get(0)).getName());
        GetSedGrpOffersRequest one = new GetSedGrpOffersRequest();
        one.getSedGrpOfferKey().add(offerKey);
        answer = ssp2.submitGetSedGrpOffersRqst(one);
        show("the offer", answer.getOverallResult(), ((SedGrpOfferType) answer.getResultObj().get(0)).getStatus().value());

        // Changes

        // What Get returned can be added again.
        answer = ssp2.submitGetRqst(get(key(ObjKeyTypeEnum.SED_GRP, "SG_LIFE", SSP2), numberKey(NumberTypeEnum.TN, "+12025550100")));
        show("add the read objects again", ssp2.submitAddRqst(add(answer.getResultObj().toArray(new BasicObjType[0]))));

        // In the order in which they stand, one verb as often as wanted.
        TNPType prefix = ours(new TNPType());
        prefix.getDgName().add("DG_LIFE");
        prefix.setTnPrefix("+1202556");
        RNType routing = ours(new RNType());
        routing.getDgName().add("DG_LIFE");
        routing.setRn("2025550000");
        PubIdKeyType rangeKey = new PubIdKeyType();
        rangeKey.setRant(SSP2);
        rangeKey.setRange(range.getRange());
        show("batch", ssp2.submitBatchRqst(batch(
            elements.createSpppBatchRequestAddObj(prefix),
            elements.createSpppBatchRequestDelObj(rangeKey),
            elements.createSpppBatchRequestAddObj(routing),
            elements.createSpppBatchRequestDelObj(numberKey(NumberTypeEnum.TN_PREFIX, "+1202556")))));
        DestGrpType other = ours(new DestGrpType());
        other.setDgName("DG_OTHER");
        show("batch with a mistake", ssp2.submitBatchRqst(batch(
            elements.createSpppBatchRequestAddObj(other),
            elements.createSpppBatchRequestDelObj(numberKey(NumberTypeEnum.TN_PREFIX, "+1202556")))));
        SpppAddRequest numbers = add(number("+12025550101"), number("+1202555ABCD"), number("+12025550103"));
        show("numbers with a mistake", ssp2.submitAddRqst(numbers));
        show("the same in part", connect("ssp2r", "/sppp/partial").submitAddRqst(numbers));
        answer = ssp2.submitGetRqst(get(
            numberKey(NumberTypeEnum.TN, "+12025550101"),
            numberKey(NumberTypeEnum.TN, "+12025550103"),
            key(ObjKeyTypeEnum.DEST_GRP, "DG_OTHER", SSP2)));
        show("get", answer.getOverallResult(),
            answer.getResultObj().stream().map(each -> ((TNType) each).getTn()).collect(Collectors.joining(" ")));

        // The end

        SpppRejectRequest reject = new SpppRejectRequest();
        reject.getSedGrpOfferKey().add(offerKey);
        show("the peer rejects", ssp3.submitRejectRqst(reject).getOverallResult());
        show("the peer deletes", ssp3.submitDelRqst(delete(key(ObjKeyTypeEnum.EGR_RTE, "ER_LIFE", SSP3))));
        ietf.params.xml.ns.sppf.base._1.ObjKeyType[] everything = {
            key(ObjKeyTypeEnum.SED_GRP, "SG_LIFE", SSP2),
            key(ObjKeyTypeEnum.SED_REC, "SED_LIFE", SSP2),
            key(ObjKeyTypeEnum.DEST_GRP, "DG_LIFE", SSP2),
            numberKey(NumberTypeEnum.TN, "+12025550100"),
            numberKey(NumberTypeEnum.RN, "2025550000"),
            numberKey(NumberTypeEnum.TN, "+12025550101"),
            numberKey(NumberTypeEnum.TN, "+12025550103"),
        };
        show("delete", ssp2.submitDelRqst(delete(everything)));
        show("delete again", ssp2.submitDelRqst(delete(everything)));
        answer = ssp2.submitGetRqst(get(everything));
        show("get", answer.getOverallResult(), answer.getResultObj().size() + " objects");
    }

    /** The mode is in the URL of the WSDL; the address of the service is in the WSDL. */
    private static SpppPortType connect(String username, String mode) throws Exception {
        SpppService service = new SpppService(new URL(server + mode + "?wsdl"));
        SpppPortType port = version.equals("1.2") ? service.getSpppSoap12Port() : service.getSpppPort();
        Digest digest = new Digest(username, logins.getOrDefault(username, username));
        ((BindingProvider) port).getBinding().setHandlerChain(new ArrayList<>(List.of(digest)));
        return port;
    }

    // Objects and keys --------------------------------------------------------------------------------------------

    private static <T extends BasicObjType> T ours(T object) {
        object.setRant(SSP2);
        object.setRar(SSP2_REGISTRAR);
        return object;
    }

    private static TNType number(String tn) {
        TNType number = ours(new TNType());
        number.getDgName().add("DG_LIFE");
        number.setTn(tn);
        return number;
    }

    private static RegexParamType rule(String ere, String repl) {
        RegexParamType rule = new RegexParamType();
        rule.setEre(ere);
        rule.setRepl(repl);
        return rule;
    }

    private static ObjKeyType key(ObjKeyTypeEnum kind, String name, String rant) {
        ObjKeyType key = new ObjKeyType();
        key.setRant(rant);
        key.setName(name);
        key.setType(kind);
        return key;
    }

    private static PubIdKeyType numberKey(NumberTypeEnum kind, String value) {
        PubIdKeyType key = new PubIdKeyType();
        key.setRant(SSP2);
        key.setNumber(new NumberType());
        key.getNumber().setType(kind);
        key.getNumber().setValue(value);
        return key;
    }

    // Requests ----------------------------------------------------------------------------------------------------

    private static SpppAddRequest add(BasicObjType... objects) {
        SpppAddRequest request = new SpppAddRequest();
        request.setClientTransId("life");
        request.getObj().addAll(List.of(objects));
        return request;
    }

    private static SpppDelRequest delete(ietf.params.xml.ns.sppf.base._1.ObjKeyType... keys) {
        SpppDelRequest request = new SpppDelRequest();
        request.getObjKey().addAll(List.of(keys));
        return request;
    }

    private static SpppGetRequest get(ietf.params.xml.ns.sppf.base._1.ObjKeyType... keys) {
        SpppGetRequest request = new SpppGetRequest();
        request.getObjKey().addAll(List.of(keys));
        return request;
    }

    private static SpppBatchRequest batch(JAXBElement<?>... verbs) {
        SpppBatchRequest request = new SpppBatchRequest();
        request.getAddObjOrDelObjOrAcceptSedGrpOffer().addAll(List.of(verbs));
        return request;
    }

    // Answers -----------------------------------------------------------------------------------------------------

    private static void show(String step, SpppAddResponse answer) {
        show(step, answer.getOverallResult());
        answer.getDetailResult().forEach(detail -> showDetail("detailResult", detail.getObj(), detail));
    }

    private static void show(String step, SpppDelResponse answer) {
        show(step, answer.getOverallResult());
        answer.getDetailResult().forEach(detail -> showDetail("detailResult", detail.getObjKey(), detail));
    }

    private static void show(String step, SpppBatchResponse answer) {
        show(step, answer.getOverallResult());
        for (JAXBElement<? extends ResultCodeType> result : answer.getAddResultOrDelResultOrAcceptResult()) {
            showDetail(result.getName().getLocalPart(), aboutOf(result.getValue()), result.getValue());
        }
    }

    private static void show(String step, ResultCodeType result, String... more) {
        System.out.println(step + ": " + result.getCode() + " " + result.getMsg() + (more.length == 0 ? "" : " " + String.join(" ", more)));
    }

    private static void showDetail(String element, Object about, ResultCodeType detail) {
        System.out.println("  " + element + " " + typeOf(about) + " " + detail.getCode() + " " + detail.getMsg());
    }

    private static Object aboutOf(ResultCodeType detail) {
        if (detail instanceof ObjResultCodeType) return ((ObjResultCodeType) detail).getObj();
        if (detail instanceof ObjKeyResultCodeType) return ((ObjKeyResultCodeType) detail).getObjKey();
        return ((SedGrpOfferKeyResultCodeType) detail).getSedGrpOfferKey();
    }

    private static String typeOf(Object value) {
        return value.getClass().getSimpleName();
    }
}
