// WekaDriver MultilayerPerceptron|Logistic FILE.arff OPTION...: trains on the file, whose last attribute is the
// class, and prints the network as Weka does and the classes in the order in which it takes the examples; or the
// coefficients of the logistic regression, the constant first.

import java.io.FileReader;
import java.util.Arrays;
import java.util.Random;
import weka.classifiers.functions.Logistic;
import weka.classifiers.functions.MultilayerPerceptron;
import weka.core.Instances;

public class WekaDriver {
    public static void main(String[] words) throws Exception {
        Instances data = new Instances(new FileReader(words[1]));
        data.setClassIndex(data.numAttributes() - 1);
        String[] options = Arrays.copyOfRange(words, 2, words.length);
        if (words[0].equals("Logistic")) {
            Logistic model = new Logistic();
            model.setOptions(options);
            model.buildClassifier(data);
            for (double[] row : model.coefficients()) System.out.println(row[0]);
        } else {
            MultilayerPerceptron model = new MultilayerPerceptron();
            model.setOptions(options);
            model.buildClassifier(data);
            System.out.println(model);
            data.randomize(new Random(0));  // as it did, with -S 0
            for (int i = 0; i < data.numInstances(); ++i) System.out.println("order: " + data.instance(i).classValue());
        }
    }
}
